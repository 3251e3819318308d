import * as E from '#fp/Either'
import type { Client } from '../../lib/client/client.js'
import { clientWith } from '../../lib/client/client.js'
import type { ClientOptions } from '../../lib/client/options.js'
import type { Data, PeerSocket } from '../../lib/core/ports.js'
import type { ClientFrame, Join, Joined, Msg, PageMsg, ServerFrame, Welcome } from '../../lib/protocol/frame.js'
import { json } from '../../lib/protocol/json.js'
import { seeded } from '../../lib/testing/random.js'
import { tally } from '../../lib/testing/tally.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { type MemoryNetwork, memory } from '../../lib/transport/memory.js'
import { joinsOf } from './wire.js'

/** The server's side of one link, played by the spec. */
export interface Actor {
  /** The link, counted from 1. */
  readonly number: number
  /** What came so far. */
  readonly heard: () => readonly ClientFrame[]
  /** The joins that came so far, in a hello or on their own. */
  readonly joins: () => readonly Join[]
  /** One WebSocket message of these frames. */
  readonly say: (...frames: readonly ServerFrame[]) => void
  /** One WebSocket message of whatever it is. */
  readonly raw: (data: Data) => void
  readonly close: (code: number, reason?: string) => void
  readonly isOver: () => boolean
}

/** What an actor does with each frame. */
export type Script = (frame: ClientFrame, actor: Actor) => void

export interface Stage {
  readonly time: VirtualTime
  readonly network: MemoryNetwork
  readonly client: (options?: Partial<ClientOptions>) => Client
  /** Every link so far. */
  readonly actors: readonly Actor[]
  readonly actor: () => Actor
  /** Timers that clients hold. */
  readonly timers: () => number
}

/** A network with no server behind it but the spec. Unless told otherwise, actors welcome whoever says hello and answer pings. */
export const stage = (script: Script = greets): Stage => {
  const time = virtualTime()
  const random = seeded(7)
  const schedulers: { readonly pending: () => number }[] = []
  const actors: Actor[] = []
  let count = 0
  const accept = (socket: PeerSocket) => {
    const heard: ClientFrame[] = []
    let isOver = false
    const actor: Actor = {
      number: actors.length + 1,
      heard: () => heard,
      joins: () => heard.flatMap(joinsOf),
      say: (...frames) => {
        socket.send(json.pack(frames.map(json.encode)))
      },
      raw: socket.send,
      close: (code, reason = '') => {
        socket.close(code, reason)
      },
      isOver: () => isOver,
    }
    actors.push(actor)
    return {
      receive: (data: Data) => {
        const envelopes = json.unpack(data)
        if (E.isLeft(envelopes)) throw new Error(envelopes.left)
        for (const frame of envelopes.right as readonly ClientFrame[]) {
          heard.push(frame)
          script(frame, actor)
        }
      },
      drained: () => undefined,
      closed: () => {
        isOver = true
      },
    }
  }
  const network = memory({ accept, scheduler: time, latencyMs: 1 })

  return {
    time,
    network,
    client: (options = {}) => {
      const scheduler = tally(time)
      schedulers.push(scheduler)
      const ids = (): string => `id-${++count}`
      return clientWith(() => network.transport)({ url: 'ws://stage', scheduler, random, ids, ...options })
    },
    actors,
    actor: () => actors.at(-1)!,
    timers: () => schedulers.reduce((sum, { pending }) => sum + pending(), 0),
  }
}

/** Welcomes and answers pings. */
export const greets: Script = (frame, actor) => {
  if (!('t' in frame)) return
  if (frame.t === 'hello') actor.say(welcome())
  if (frame.t === 'ping') actor.say({ t: 'pong', n: frame.n })
}

/** Welcomes, answers pings, and lets everybody into every room. */
export const admits: Script = (frame, actor) => {
  greets(frame, actor)
  for (const join of joinsOf(frame)) actor.say(joined(join))
}

export const welcome = (more: Partial<Welcome> = {}): Welcome => ({
  t: 'welcome',
  can: ['seen'],
  session: { id: 's1', resume: 'r1', expiresInMs: 3_600_000 },
  user: 'ana',
  roles: [],
  heartbeat: { intervalMs: 25_000, graceMs: 10_000 },
  limits: {
    messageBytes: 2 ** 20,
    rooms: 100_000,
    joinsPerFrame: 2_000,
    publishesPerSecond: 20_000,
    unseenBytes: 8 * 2 ** 20,
    dedupeMs: 3_600_000,
  },
  durability: 'memory',
  ...more,
})

/** Lets somebody into a room whose log is in epoch `E` at offset 0, unless told otherwise. */
export const joined = ({ ch }: Pick<Join, 'ch'>, more: Partial<Joined> = {}): Joined => {
  const { base = 0 } = more
  return {
    t: 'joined',
    ch,
    number: ch,
    epoch: 'E',
    first: 1,
    head: base,
    base,
    recovered: true,
    info: {},
    permissions: ['read', 'publish', 'history'],
    ...more,
  }
}

/** A message whose data is its offset. */
export const msg = (ch: number, offset: number, data: unknown = offset, event = 'message'): Msg => [
  'm',
  ch,
  offset,
  `m${offset}`,
  event,
  ['ben', 's2'],
  1_000,
  data,
]

/** A message of the answer to a `history`, whose data is its offset. */
export const paged = (ch: number, offset: number, data: unknown = offset): PageMsg => {
  const [, ...fields] = msg(ch, offset, data)
  return ['h', ...fields]
}
