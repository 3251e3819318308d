import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from '#fp/Either'
import { asyncScheduler, firstValueFrom, last, merge } from 'rxjs'
import type { ResultStream } from '../../lib/core/result.js'
import { filesOn } from '../../lib/node/files/files.js'
import { nodeDisk } from '../../lib/node/files/node-disk.js'
import type { Engine } from '../../lib/server/engine.js'
import type { ServerRooms } from '../../lib/server/life/server-rooms.js'
import type { Identity } from '../../lib/server/options.js'
import { roomServer } from '../../lib/server/server.js'
import { now } from '../campaign/clock.js'
import { kept } from '../campaign/settings.js'
import type { FromServer, ToServer } from '../campaign/talk.js'
import type { FinalLog } from '../checker/evidence.js'
import { appendTo } from '../history/file.js'
import type { Write } from '../history/write.js'
import { forgetful } from './forgetful.js'
import { type Node, node as nodeOf } from './node.js'
import { watchTables } from './tables.js'
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
/** The servers of this process, which share its engine. */
let nodes: readonly Node[] = []
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

/** Creates the rooms with a capacity, each with the same id at each start. */
const furnish = async ({ get }: ServerRooms, seats: Readonly<Record<string, number>>, write: Write): Promise<void> => {
  for (const [room, capacity] of Object.entries(seats)) {
    write(['capacity', now(), room, capacity])
    const made = await firstValueFrom(get(room).create({ id: room, capacity }))
    if (E.isLeft(made)) throw new Error(`${room}: ${made.left.message}`)
  }
}

const start = ({
  ports,
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
  const failed = (because: string): void => {
    say({ _tag: 'failed', because })
  }
  filesOn(troubled(keeping.losesUnsynced ? forgetful(nodeDisk) : nodeDisk, disk), options).subscribe((opened) => {
    if (E.isLeft(opened)) {
      failed(`${opened.left.message} ${opened.left.remedy}`)
      return
    }
    plain = opened.right
    const engine = witness(plain, write, now)
    const expel = (room: string, user: string): ResultStream<unknown> =>
      merge(...nodes.map((each) => each.kick(room, user))).pipe(last())
    nodes = ports.map((port, number) =>
      nodeOf({ number, port, name, engine, trouble: engineTrouble, whoIs, wall, write, now, expel, failed }),
    )
    dated = () => {
      write(['dated', now(), datedMs])
    }
    dated()
    watchTables(plain, watched, write, now)
    const { server } = roomServer({ engine: plain, wall })
    void Promise.all([noteLogs(plain, rooms, write), furnish(server.rooms, seats, write)])
      .then(() => Promise.all([...nodes.map((each) => each.start()), firstValueFrom(server.close())]))
      .then(() => {
        say({ _tag: 'ready' })
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
    case 'measure':
      nodes[message.node]?.measure(message.measure)
      break
    case 'close':
      nodes[message.node]?.close(message.room)
      break
    case 'stop':
    case 'go':
      void nodes[message.node]?.[message._tag === 'stop' ? 'stop' : 'start']().then(() => {
        say({ _tag: message._tag === 'stop' ? 'stopped' : 'gone-on' })
      })
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
