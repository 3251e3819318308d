import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from '#fp/Either'
import { asyncScheduler, firstValueFrom } from 'rxjs'
import type { RoomServer } from '../../lib/server/server.js'
import { filesOn } from '../../lib/node/files/files.js'
import { nodeDisk } from '../../lib/node/files/node-disk.js'
import { takeUpgrades } from '../../lib/node/upgrade.js'
import type { Engine } from '../../lib/server/engine.js'
import type { Identity } from '../../lib/server/options.js'
import { roomServer } from '../../lib/server/server.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { now } from '../campaign/clock.js'
import { heartbeat, kept, limits, poisonMark, presence } from '../campaign/settings.js'
import type { FromServer, ToServer } from '../campaign/talk.js'
import type { FinalLog } from '../checker/evidence.js'
import { appendTo } from '../history/file.js'
import type { Write } from '../history/write.js'
import { closings } from './closings.js'
import { forgetful } from './forgetful.js'
import { type Measure, measures } from './measures.js'
import { watchTables } from './tables.js'
import { strict } from './strict.js'
import { troubled } from './trouble.js'
import { witness } from './witness.js'

const say = (message: FromServer): void => {
  process.send?.(message)
}

/** `user until`: good until that time. */
const whoIs = (token: string): Identity | null => {
  const [user = '', until = '0'] = token.split(' ')
  return Number(until) > now() ? { user, expiresInMs: Math.ceil(Number(until) - now()) } : null
}

/** How far its calendar was set from that of the machine. */
let datedMs = 0
const wall = (): number => Date.now() + datedMs
const disk = { isFull: false, slowSyncMs: 0 }
/** Of the engine: how bad it is while it is, and when it is not. */
const bad = { delayMs: 5, failEvery: 8, loseAnswers: 8 }
const sound = { delayMs: 0, failEvery: Infinity, loseAnswers: Infinity }
const engineTrouble = { scheduler: asyncScheduler, random: Math.random, ...sound }
let plain: Engine | undefined
let kick: (room: string, user: string) => void = () => undefined
let measure: (what: Measure) => void = () => undefined
let close: (room: string) => void = () => undefined
let dated: () => void = () => undefined

/** Everything that a room holds. */
const logOf = async (engine: Engine, room: string): Promise<FinalLog> => {
  const head = await firstValueFrom(engine.head(room))
  if (E.isLeft(head)) throw new Error(head.left.message)
  const { epoch = '', first = 1, head: last = 0 } = head.right ?? {}
  const ids: string[] = []
  while (first + ids.length <= last) {
    const after = { epoch, offset: first + ids.length - 1 }
    const page = await firstValueFrom(engine.read(room, after, { count: 1_000, bytes: 2 ** 20 }))
    if (E.isLeft(page)) throw new Error(page.left.message)
    if (!page.right) break
    ids.push(...page.right.messages.map(({ id }) => id))
  }
  return { room, epoch, first, ids }
}

/** What was on the disk before this server, some of which the one that was killed had no time to write down. */
const noteLogs = async (engine: Engine, rooms: readonly string[], write: Write): Promise<void> => {
  for (const { room, epoch, first, ids } of await Promise.all(rooms.map((name) => logOf(engine, name)))) {
    if (ids.length > 0) write(['logged', now(), room, epoch, first, ids])
  }
  write.flush()
}

/** Creates the rooms with a capacity, each with the same id at each start of a server. */
const furnish = async (
  { rooms }: Pick<RoomServer, 'rooms'>,
  seats: Readonly<Record<string, number>>,
  write: Write,
): Promise<void> => {
  for (const [room, capacity] of Object.entries(seats)) {
    write(['capacity', now(), room, capacity])
    const made = await firstValueFrom(rooms.get(room).create({ id: room, capacity }))
    if (E.isLeft(made)) throw new Error(`${room}: ${made.left.message}`)
  }
}

const start = ({
  port,
  folder,
  name,
  rooms,
  watched,
  seats,
  keeping,
}: Extract<ToServer, { readonly _tag: 'start' }>): void => {
  const write = appendTo(join(folder, `${name}.jsonl`), name)
  const options = {
    directory: join(folder, 'rooms'),
    ...kept,
    segmentBytes: keeping.segmentBytes,
    wall,
  }
  filesOn(troubled(keeping.losesUnsynced ? forgetful(nodeDisk) : nodeDisk, disk), options).subscribe((opened) => {
    if (E.isLeft(opened)) {
      say({ _tag: 'failed', because: `${opened.left.message} ${opened.left.remedy}` })
      return
    }
    plain = opened.right
    const engine = unreliable(witness(plain, write, now), engineTrouble)
    const { server, door } = roomServer({
      engine,
      heartbeat,
      limits,
      presence,
      wall,
      answerMs: 2_000,
      handshakeMs: 2_000,
      stallMs: 30_000,
      highWaterBytes: 64 * 1024,
      busy: { retryAfterMs: 100, spreadMs: 500 },
      // All clients come from one address.
      budgets: { address: { handshakes: { perSecond: 1_000, burst: 10_000 } } },
      authenticate: ({ token = '' }) => [whoIs(token)],
    })
    const { accept, faults$, kick: remove } = server
    faults$.subscribe(({ where, message }) => {
      write(['decided', now(), `fault ${where}: ${message}`.slice(0, 200), 1])
    })
    kick = (room, user) => {
      const at = now()
      remove(room, user).subscribe((result) => {
        write(['kicked', at, room, user, E.isLeft(result) ? 0 : result.right.sessions])
        write.flush()
      })
    }
    measure = measures(server.rooms, name, write, now)
    close = closings(server.rooms, name, write, now)
    dated = () => {
      write(['dated', now(), datedMs])
    }
    watchTables(plain, watched, write, now)
    const http = createServer()
    takeUpgrades(http, { limits }, { accept: strict(poisonMark, accept), door })
    http.on('error', ({ message }) => {
      say({ _tag: 'failed', because: message })
    })
    write(['serving', now(), name])
    void Promise.all([noteLogs(plain, rooms, write), furnish(server, seats, write)]).then(() => {
      http.listen(port, '127.0.0.1', () => {
        say({ _tag: 'ready' })
      })
    })
    process.once('exit', () => {
      write.flush()
    })
    folderOf = folder
  })
}
let folderOf = ''

const ask = async (what: 'heads' | 'logs' | 'heap', rooms: readonly string[]): Promise<void> => {
  const engine = plain
  if (what === 'heap') {
    globalThis.gc?.()
    say({ _tag: 'heap', bytes: process.memoryUsage().heapUsed })
  } else if (engine) {
    const logs = await Promise.all(rooms.map((room) => logOf(engine, room)))
    if (what === 'logs') writeFileSync(join(folderOf, 'final.json'), JSON.stringify(logs))
    say({
      _tag: 'heads',
      heads: Object.fromEntries(logs.map(({ room, epoch, first, ids }) => [room, [epoch, first + ids.length - 1]])),
    })
  }
}

process.on('message', (message: ToServer) => {
  switch (message._tag) {
    case 'start':
      start(message)
      break
    case 'trouble':
      Object.assign(engineTrouble, message.engine ? bad : sound)
      Object.assign(disk, { isFull: message.isFull, slowSyncMs: message.slowSyncMs })
      break
    case 'date':
      datedMs = message.ms
      dated()
      break
    case 'kick':
      kick(message.room, message.user)
      break
    case 'measure':
      measure(message.measure)
      break
    case 'close':
      close(message.room)
      break
    case 'ask':
      void ask(message.what, message.rooms)
      break
    case 'end':
      plain?.close()
      say({ _tag: 'ended' })
      process.disconnect()
      setTimeout(() => process.exit(0), 500)
  }
})
process.on('disconnect', () => {
  process.exit(0)
})
