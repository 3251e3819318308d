import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { of } from 'rxjs'
import * as E from '#fp/Either'
import type { ResultStream } from '../../lib/core/result.js'
import { takeUpgrades } from '../../lib/node/upgrade.js'
import type { Engine } from '../../lib/server/engine.js'
import type { Identity } from '../../lib/server/options.js'
import { roomServer } from '../../lib/server/server.js'
import { unreliable, type UnreliableOptions } from '../../lib/testing/unreliable.js'
import { heartbeat, limits, moderation, poisonMark, presence } from '../campaign/settings.js'
import type { Write } from '../history/write.js'
import { closings } from '../orders/closings.js'
import { type Authority, type Measure, measures } from '../orders/measures.js'
import { mortal } from './mortal.js'
import { permissions } from './permissions.js'
import { renewals } from './renewals.js'
import { strict } from './strict.js'
import { trades } from './trades.js'

/** One of the servers of a process, which share its engine. */
export interface Node {
  /** Serves from now on; it has been stopped before, or not started yet. */
  readonly start: () => Promise<void>
  /** As if it were killed: nothing of it reaches the engine or a client any more. */
  readonly stop: () => Promise<void>
  /** Gives an order, if it serves. */
  readonly measure: (measure: Measure) => void
  readonly close: (room: string) => void
  /** Ends the memberships of a user at this server. */
  readonly kick: (room: string, user: string) => ResultStream<unknown>
}

export interface NodeOptions {
  readonly number: number
  readonly port: number
  /** Of the process. */
  readonly name: string
  readonly engine: Engine
  readonly trouble: UnreliableOptions
  readonly whoIs: (token: string) => Identity | null
  readonly wall: () => number
  readonly write: Write
  readonly now: () => number
  /** Ends the memberships of a user at all servers. */
  readonly expel: NonNullable<Authority['expel']>
  /** Hears of the end of the listener. */
  readonly failed: (because: string) => void
}

/** A server from its start to its end. */
interface Life extends Pick<Node, 'measure' | 'close' | 'kick'> {
  readonly end: () => Promise<void>
}

export const node = (options: NodeOptions): Node => {
  const { number, write, now } = options
  let life: Life | undefined
  let lives = 0
  return {
    start: async () => {
      life = await begin(options, ++lives)
    },
    stop: async () => {
      const ending = life
      life = undefined
      if (!ending) return
      write(['stopped', now(), number])
      await ending.end()
    },
    measure: (measure) => life?.measure(measure),
    close: (room) => life?.close(room),
    kick: (room, user) => life?.kick(room, user) ?? of(E.right(undefined)),
  }
}

const begin = async (
  { number, port, name: process, engine, trouble, whoIs, wall, write, now, expel, failed }: NodeOptions,
  count: number,
): Promise<Life> => {
  const name = `${process}-${number}-${count}`
  let isAlive = true
  const { server, door } = roomServer({
    engine: renewals(
      unreliable(
        mortal(engine, () => isAlive),
        trouble,
      ),
      number,
      write,
      now,
    ),
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
    authenticate: ({ token = '' }) => {
      const who = whoIs(token)
      if (who) write(['greeted', now(), number, who.user])
      return [who]
    },
    authorize: permissions(moderation),
    calls: trades(write, now, Math.random),
  })
  const { accept, faults$, kick, rooms } = server
  faults$.subscribe(({ where, message }) => {
    write(['decided', now(), `fault ${where}: ${message}`.slice(0, 200), 1])
  })
  const sockets = new Set<Socket>()
  const http = createServer()
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  takeUpgrades(http, { limits }, { accept: strict(poisonMark, accept), door })
  http.on('error', ({ message }) => {
    failed(message)
  })
  write(['serving', now(), name, number])
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  return {
    measure: measures({ get: rooms.get, expel }, name, write, now),
    close: closings(rooms.get, name, write, now),
    kick,
    end: async () => {
      isAlive = false
      const closed = new Promise<void>((resolve) => {
        http.close(() => {
          resolve()
        })
      })
      for (const socket of sockets) socket.resetAndDestroy()
      server.close().subscribe()
      await closed
    },
  }
}
