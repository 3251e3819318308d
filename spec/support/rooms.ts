import { of } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import { fallback } from '../../lib/client/config.js'
import { handle } from '../../lib/client/handle.js'
import type { Parts } from '../../lib/client/parts.js'
import type { ClientPersistence as Persistence } from '../../lib/session/client-persistence.js'
import { type HandlePort, port } from '../../lib/client/port.js'
import type { OnOptions, Room } from '../../lib/client/room.js'
import type { Link } from '../../lib/connection/link.js'
import { anything, type OpenContract } from '../../lib/contract/contract.js'
import type { Positions } from '../../lib/core/ports.js'
import type { Position } from '../../lib/core/position.js'
import type { ResultStream } from '../../lib/core/result.js'
import type { Consumers } from '../../lib/features/history/consumers.js'
import { followers } from '../../lib/features/history/followers.js'
import { defaultLimits, type HistoryLimits } from '../../lib/features/history/limits.js'
import { requests } from '../../lib/features/history/requests.js'
import type { Extension, FrameHandlers } from '../../lib/kernel/extension.js'
import { createKernel } from '../../lib/kernel/create-kernel.js'
import type { Kernel } from '../../lib/kernel/kernel.js'
import type {
  ClientFrame,
  GapFrame,
  Granted,
  Join,
  Joined,
  Left,
  Msg,
  PageEnd,
  PageMsg,
  ServerFrame,
  Signalled,
} from '../../lib/protocol/frame.js'
import { joinsOf } from '../../lib/protocol/joins.js'
import type { Joins } from '../../lib/rooms/joins.js'
import type { Membership } from '../../lib/rooms/membership.js'
import type { Message } from '../../lib/rooms/message.js'
import { rooms as roomsOf } from '../../lib/rooms/rooms.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { see, type Seen } from './seen.js'
import { joined, welcome } from './stage.js'

/** Positions in memory, and each move of them. */
const positionsOf = (stored: Readonly<Record<string, Position>>) => {
  const moves: [room: string, position: Position][] = []
  const known = new Map(Object.entries(stored))
  const offered = new Map<string, number>()
  const positions: Positions = {
    get: (room) => {
      const position = known.get(room)
      return position && { position, offered: offered.get(room) ?? Infinity }
    },
    hold: () => undefined,
    release: () => undefined,
    moved: (room, position) => {
      const before = known.get(room)
      if (before?.epoch === position.epoch && before.offset >= position.offset) return
      moves.push([room, position])
      known.set(room, position)
    },
    offered: (room, { epoch, offset }) => {
      if (known.get(room)?.epoch !== epoch) return
      offered.set(room, Math.max(offset, offered.get(room) ?? 0))
    },
    save: () => of(true),
  }
  return { positions, moves }
}

/** A link whose payloads need no codec. */
const link = { handled: 0, codec: { payload: (raw: unknown) => raw } } as unknown as Link
const greeting = welcome({ can: ['history'], limits: { ...welcome().limits, history: 1_000 } })

/** A kernel whose link the spec plays. */
const kernelOn = (time: VirtualTime) => {
  const config = { ...fallback(), scheduler: time, random: () => 0.5, lingerMs: 500 }
  const written: ClientFrame[] = []
  const base = createKernel({ ...config, deadlines: { ...config.deadlines, joinMs: 10_000 } })
  let isUp = false
  const kernel: Kernel = {
    ...base,
    present: {
      ...base.present,
      link: () => (isUp ? link : undefined),
      welcome: () => (isUp ? greeting : undefined),
      write: (frame) => written.push(frame),
    },
    send: () => undefined,
    add: <E extends Extension>(extension: E): E => {
      base.add(extension)
      if (isUp) extension.up?.(greeting, link)
      return extension
    },
  }
  const turn = base.turns.enter
  return {
    kernel,
    written,
    turn,
    take: (frame: ServerFrame) => {
      const kind = 't' in frame ? frame.t : frame[0]
      turn(() => {
        for (const { frames } of base.extensions)
          (frames?.[kind] as FrameHandlers['m'] | undefined)?.(frame as Msg, link)
      })
    },
    up: () => {
      turn(() => {
        isUp = true
        for (const { up } of base.extensions) up?.(greeting, link)
      })
    },
    down: () => {
      turn(() => {
        isUp = false
        for (const { down } of base.extensions) down?.({ wasOnline: true, poison: undefined, besideBytes: 0 }, false)
      })
    },
  }
}

/** The rooms of a client without the client: what they write, and what is told to them. */
export const roomsRig = (stored: Readonly<Record<string, Position>> = {}, history: Partial<HistoryLimits> = {}) => {
  const time = virtualTime()
  const { positions, moves } = positionsOf(stored)
  const { kernel, written, turn, take, up, down } = kernelOn(time)
  const all = kernel.add(roomsOf(kernel, () => false))
  const joins = all.joins as Joins
  const made = new Map<unknown, Extension>()
  const parts = {
    kernel,
    rooms: all,
    sending: { record: () => undefined } as Pick<Parts['sending'], 'record'>,
    stored: { positions } as Persistence,
    over: () => undefined,
    get: <E extends Extension>(of: (parts: Parts) => E): E => {
      const extension = (made.get(of) as E | undefined) ?? kernel.add(of(parts))
      made.set(of, extension)
      return extension
    },
  } as Parts
  parts.get(requests).configure({ ...defaultLimits, pageMessages: 100, holdMessages: 100, waiting: 100, ...history })
  const room = (name: string): Room<OpenContract> => handle(name, anything, parts)

  return {
    time,
    all,
    turn,
    written,
    moves,
    up,
    down,
    room,
    counts: kernel.diagnostics.counters,
    /** A client with these rooms, for features of clients. */
    client: { [port]: (): HandlePort => ({ parts, fault: undefined }) } as unknown as Client,
    extension: parts.get,
    consumers: (): Consumers => parts.get(followers).consumers,
    messages: (name: string, options?: OnOptions<unknown>): ResultStream<Message<unknown>> =>
      room(name).messages(options),
    pending: joins.pending,
    /** The joins that are due now. */
    joins: (bytes = Infinity): readonly Join[] => {
      let taken: readonly Join[] = []
      turn(() => {
        taken = joins.take({ joinsPerFrame: 200, bytesPerFrame: 65_536 }, bytes).flatMap(joinsOf)
      })
      return taken
    },
    /** Somebody watches a room from now on. */
    watch: (name: string): Seen<Membership> & { readonly unwatch: () => void } => {
      const seen = see(room(name).membership$)
      return { ...seen, unwatch: seen.stop }
    },
    joined: (ch: number, more: Partial<Joined>) => {
      take(joined({ ch }, more))
    },
    say: (...frames: readonly (Msg | PageMsg | PageEnd | Left | GapFrame | Granted | Signalled)[]) => {
      for (const frame of frames) take(frame)
    },
  }
}
