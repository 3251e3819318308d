import * as E from '#fp/Either'
import { type Cell, cell } from '../core/cell.js'
import type { WebSocketError } from '../core/error.js'
import { gap, type Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { Extension } from '../kernel/extension.js'
import type { Kernel } from '../kernel/kernel.js'
import { noted, redacted } from '../kernel/redaction.js'
import type { From, GapFrame, Join, Joined, Left, Msg } from '../protocol/frame.js'
import { deliver, gapError } from './deliver.js'
import { released } from './error.js'
import { type Interest, interest } from './interest.js'
import { type Joins, joins } from './joins.js'
import type { Membership, RoomInfo } from './membership.js'
import { poisonDetector } from './poison-detector.js'
import { extrasOf, membershipOf, type RoomRecord, waitersOf } from './record.js'
import { roomSinks, type Sinks } from './sinks.js'

/** Hooks of an extension in the rooms of a client. All are called in a turn. */
export interface RoomHooks {
  /** The start that the first join of a room asks for. */
  readonly start?: (room: RoomRecord) => From | undefined
  /** The server answered a room's first join, which asked for `start`. */
  readonly joined?: (room: RoomRecord, answer: Joined, start: From | undefined) => void
  /** The room was left: its record may be dropped. */
  readonly forget?: (room: RoomRecord) => void
  /** Take a frame under a number that is no room's; false for a frame of somebody else. */
  readonly message?: (frame: Msg, payload: (raw: unknown) => unknown) => boolean
  readonly gap?: (frame: GapFrame) => boolean
  readonly left?: (frame: Left) => boolean
}

/** The memberships of a client. */
export interface Members {
  /** Joins a room and answers once; a room that is in already answers at once. */
  readonly join: (
    room: RoomRecord,
    ask: Pick<Join, 'mustExist' | 'password'>,
    answered: (to: Result<RoomInfo>) => void,
  ) => void
  /** Gives one hold back. */
  readonly release: (room: RoomRecord) => void
  readonly watch: (room: RoomRecord) => Cell<Membership>
  readonly unwatch: (room: RoomRecord) => void
  /** Retries refused rooms with a new token. */
  readonly again: () => void
}

/** All rooms of a client: their holds, their states, and their messages. Call in a turn. */
export interface Rooms extends Extension {
  readonly interest: Interest
  readonly members: Members
  readonly sinks: Sinks
  /** The numbers of joins and of other requests on the present link. */
  readonly joins: Pick<Joins, 'at' | 'allot' | 'rejoin'>
  /** True if a join of this room waits for its answer. */
  readonly isJoining: (name: string) => boolean
  /** True for a session of this client. */
  readonly own: (session: string) => boolean
  /** Adds the hooks of an extension. */
  readonly use: (hooks: RoomHooks) => void
  /** The intake of messages: `stop` ends it, and later frames are ignored. */
  readonly intake: { readonly isOpen: () => boolean; readonly stop: () => void }
}

export const rooms = (kernel: Kernel, own: (session: string) => boolean): Rooms => {
  const { turns, deadlines, config, present, diagnostics } = kernel
  const { counters, log, secrets } = diagnostics
  const now = (): number => config.scheduler.now()
  const hooks: RoomHooks[] = []
  const sinks = roomSinks(turns)
  let halted: WebSocketError | undefined
  let intake: 'open' | 'stopped' = 'open'

  const changed = (room: RoomRecord): void => {
    room.extras?.membership?.set(membershipOf(room, halted))
  }
  const tellGap = (room: RoomRecord, missing: Gap, isFirst: boolean): void => {
    counters.gaps++
    log?.room(gapError(missing))
    sinks.gap(room, missing, isFirst)
  }
  const poisonDetection = poisonDetector((room, { epoch, offset }) => {
    room.offset++
    const { offset: next } = room
    tellGap(room, gap(room.name, { epoch, offset }, { epoch, offset: next }, 'too-large'), false)
  })
  const linked = joins(
    {
      joinMs: config.deadlines.joinMs,
      backoff: config.backoff,
      random: config.random,
      now,
      deadlines,
      changed,
      holed: tellGap,
      start: (room) => hooks.map(({ start }) => start?.(room)).find(isGiven),
      seated: (room, answer, start) => {
        for (const { joined } of hooks) joined?.(room, answer, start)
      },
      refused: (room, because) => {
        log?.room(because)
        sinks.fail(room, because)
      },
      turn: turns.enter,
      waits: poisonDetection.isHeldBack,
    },
    present.write,
  )
  const interested = interest({
    lingerMs: config.lingerMs,
    now,
    deadlines,
    turn: turns.enter,
    wanted: (room) => {
      linked.want(room)
      kernel.send({ _tag: 'Need' })
    },
    unwanted: (room) => {
      linked.leave(room)
      for (const { forget } of hooks) forget?.(room)
      interested.forget(room)
    },
  })
  const answerWaiting = (room: RoomRecord, because: WebSocketError): void => {
    for (const answered of waitersOf(room)) answered(E.left(because))
  }
  const answerAll = (because: WebSocketError): void => {
    for (const room of interested.all()) answerWaiting(room, because)
  }
  const members: Members = {
    join: (room, ask, answered) => {
      const details = extrasOf(room)
      details.ask = { ...(details.ask?.password === undefined ? {} : { password: details.ask.password }), ...ask }
      if (room.granted) {
        answered(E.right(room.granted))
        return
      }
      if (halted) answered(E.left(halted))
      else (details.waiters ??= new Set()).add(answered)
      linked.want(room)
    },
    release: (room) => {
      interested.release(room)
      if (room.holds === 0) answerWaiting(room, released(room.name))
    },
    watch: (room) => {
      const details = extrasOf(room)
      details.watchers++
      return (details.membership ??= cell(membershipOf(room, halted), turns))
    },
    unwatch: (room) => {
      const details = extrasOf(room)
      details.watchers--
      if (details.watchers === 0) delete details.membership
      interested.forget(room)
    },
    again: () => {
      linked.again(interested.all())
    },
  }
  const message = (frame: Msg, payload: (raw: unknown) => unknown): void => {
    if (intake === 'stopped') return
    const room = linked.at(frame[1])
    if (!room) {
      if (!hooks.some((hook) => hook.message?.(frame, payload))) counters.stale++
      return
    }
    const offset = frame[2]
    if (offset <= room.offset) {
      counters.duplicates++
      return
    }
    const prev = frame[8]?.prev ?? offset - 1
    if (prev > room.offset) {
      if (linked.mend(room)) {
        counters.mended++
        return
      }
      const { epoch } = room
      tellGap(room, gap(room.name, { epoch, offset: room.offset }, { epoch, offset: prev }, 'lost'), false)
      turns.settle()
    }
    room.offset = offset
    counters.messagesIn++
    deliver(room, frame, own(frame[5][1]), payload)
  }

  return {
    interest: interested,
    members,
    sinks,
    joins: linked,
    own,
    use: (more) => {
      hooks.push(more)
    },
    isJoining: (name) => {
      const have = interested.known(name)?.have
      return have === 'Wanted' || have === 'Joining'
    },
    intake: {
      isOpen: () => intake === 'open',
      stop: () => {
        intake = 'stopped'
      },
    },
    frames: {
      m: (frame, link) => {
        link.handled++
        message(frame, link.codec.payload)
      },
      joined: linked.joined,
      left: (raw) => {
        const frame = redacted(secrets, raw)
        if (!hooks.some(({ left }) => left?.(frame))) linked.left(frame)
      },
      granted: linked.granted,
      gap: (frame) => {
        if (intake === 'open' && !hooks.some((hook) => hook.gap?.(frame))) linked.gap(frame)
      },
    },
    greet: (bytes) => ({ rooms: noted(secrets, linked.take(Infinity, bytes)) }),
    write: () => {
      if (linked.pending()) noted(secrets, linked.take(Infinity, Infinity)).forEach(present.write)
    },
    down: ({ poison }) => {
      const isBlamed = poison === 'received' && poisonDetection.linkClosed(interested.all())
      linked.reset(interested.all())
      return isBlamed
    },
    halt: (because) => {
      if (because === halted) return
      halted = because
      for (const room of interested.all()) changed(room)
      if (because) answerAll(because)
    },
    close: (because) => {
      interested.close()
      answerAll(because)
      for (const room of interested.all()) {
        sinks.complete(room)
        room.extras?.membership?.set({ _tag: 'Refused', error: because })
        room.extras?.membership?.complete()
      }
    },
  }
}

const isGiven = <T>(value: T | undefined): value is T => value !== undefined
