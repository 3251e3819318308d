import * as E from '#fp/Either'
import type { Backoff } from '../core/backoff.js'
import { type Cell, cell } from '../core/cell.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import type { Mailbox } from '../core/mailbox.js'
import type { Positions } from '../core/ports.js'
import { gap, type Gap } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { Ask, Page, Pages, Pending } from '../history/pages.js'
import type { ClientFrame, GapFrame, Granted, Join, Joined, Left, Msg, Welcome } from '../protocol/frame.js'
import { deliver, gapError } from './deliver.js'
import { released } from './error.js'
import { type Consumers, consumers } from './consumers.js'
import { type Interest, interest } from './interest.js'
import { type Joins, joins } from './joins.js'
import type { Membership, RoomInfo } from './membership.js'
import { type HistoryConfig, past } from './earlier-messages.js'
import { membershipOf, extrasOf, type RoomRecord, waitersOf } from './record.js'
import { type Sink, type EventSelector, withoutSink, withSink } from './sink.js'
import type { Listener, Special } from './subscribers.js'
import { poisonDetector } from './poison-detector.js'

export interface RoomsNeeds {
  readonly mailbox: Mailbox
  readonly deadlines: Deadlines
  readonly now: () => number
  readonly random: () => number
  readonly backoff: Backoff
  readonly lingerMs: number
  readonly joinMs: number
  /** Writes a control frame on the current link; drops it while there is none. */
  readonly write: (frame: ClientFrame) => void
  /** A room is held: requests a connection. */
  readonly need: () => void
  /** True for a session of this client. */
  readonly own: (session: string) => boolean
  readonly positions: Positions
  readonly history: HistoryConfig
  /** Runs a task once the platform's pending events are handled. */
  readonly soon: (task: () => void) => void
  /** A user's function threw. */
  readonly threw: (said: string) => void
  /** Writes gaps and refusals to the log, if there is one. */
  readonly noted?: ((because: WebSocketError) => void) | undefined
  /** Two subscriptions with manual commit consume the room: a commit of one covers the messages of the other. */
  readonly contested?: ((room: string) => void) | undefined
  /** Increments a counter. */
  readonly count: (what: 'messagesIn' | 'duplicates' | 'gaps' | 'stale' | 'conflated' | 'mended' | 'overflows') => void
}

/** All rooms of a client: their holds, their states, and their messages. Call in a turn. */
export interface Rooms {
  readonly interest: Interest
  /** Adds a subscriber, which holds the room. */
  readonly subscribe: (room: RoomRecord, wish: EventSelector, to: Listener, special?: Special) => void
  readonly unsubscribe: (room: RoomRecord, to: Listener) => void
  /** Subscribes to many rooms through one sink. */
  readonly subscribeAll: (rooms: readonly RoomRecord[], sink: Sink) => void
  readonly unsubscribeAll: (rooms: readonly RoomRecord[], sink: Sink) => void
  /** Gives one hold back. */
  readonly release: (room: RoomRecord) => void
  /** Joins a room and answers once; a room that is in already answers at once. */
  readonly join: (room: RoomRecord, ask: Pick<Join, 'mustExist' | 'password'>, answered: (to: Result<RoomInfo>) => void) => void
  /** The progress of consumption. */
  readonly consumers: Consumers
  /** Stops offering messages: later frames are ignored. */
  readonly stopIntake: () => void
  /** Caches the latest messages of a room from now on, until it is left. */
  readonly keep: (room: RoomRecord, messages: number) => void
  /** Requests a page of a log; answers once, unless it is given up. */
  readonly history: (what: Ask, answered: (to: Result<Page>) => void) => Pending
  /** True for a session of this client. */
  readonly own: (session: string) => boolean
  readonly watch: (room: RoomRecord) => Cell<Membership>
  readonly unwatch: (room: RoomRecord) => void
  /** True if a join of this room waits for its answer. */
  readonly isJoining: (name: string) => boolean
  readonly take: Joins['take']
  readonly pending: Joins['pending']
  /** The room with that number on the current link, while this client is in it. */
  readonly at: Joins['at']
  readonly message: (frame: Msg, payload: (raw: unknown) => unknown) => void
  readonly paged: (...message: Parameters<Pages['message']>) => void
  readonly joined: (frame: Joined) => void
  readonly left: (frame: Left) => void
  readonly granted: (frame: Granted) => void
  readonly gap: (frame: GapFrame) => void
  readonly page: Pages['page']
  /** A link is up, with the limits of its server. */
  readonly up: (welcome: Pick<Welcome, 'can' | 'limits'>) => void
  /** The link ended; `isOversized`: over a message larger than this client accepts. */
  readonly down: (isOversized: boolean) => void
  /** The connection has stopped: answers waiting joins, and shows the reason in held rooms; `undefined`: it goes on. */
  readonly halt: (because: WebSocketError | undefined) => void
  /** Retries refused rooms with a new token. */
  readonly again: () => void
  /** Completes every stream. */
  readonly close: (because: WebSocketError) => void
} // prettier-ignore

export const rooms = (needs: RoomsNeeds): Rooms => {
  const { mailbox, deadlines } = needs
  let halted: WebSocketError | undefined
  let intake: 'open' | 'stopped' = 'open'
  const changed = (room: RoomRecord): void => {
    room.extras?.membership?.set(membershipOf(room, halted))
  }
  const tellGap = (room: RoomRecord, missing: Gap, isFirst: boolean): void => {
    needs.count('gaps')
    needs.noted?.(gapError(missing))
    before.subscribers.gap(room, missing, isFirst)
  }
  const poisonDetection = poisonDetector((room, { epoch, offset }) => {
    room.offset++
    const { offset: next } = room
    tellGap(room, gap(room.name, { epoch, offset }, { epoch, offset: next }, 'too-large'), false)
  })
  const linked = joins(
    {
      ...needs,
      changed,
      holed: tellGap,
      start: (room) => before.subscribers.start(room),
      seated: (room, answer, start) => {
        before.subscribers.seated(room, answer, start)
      },
      refused: (room, because) => {
        needs.noted?.(because)
        before.subscribers.fail(room, because)
      },
      turn: mailbox.enter,
      waits: poisonDetection.isHeldBack,
    },
    needs.write,
  )
  const consuming = consumers(needs.positions, needs.contested)
  const before = past({ ...needs, consumers: consuming }, linked)
  const interested = interest({
    lingerMs: needs.lingerMs,
    now: needs.now,
    deadlines,
    turn: mailbox.enter,
    wanted: (room) => {
      linked.want(room)
      needs.need()
    },
    unwanted: (room) => {
      linked.leave(room)
      before.forget(room)
      interested.forget(room)
    },
  })
  const answerWaiting = (room: RoomRecord, because: WebSocketError): void => {
    for (const answered of waitersOf(room)) answered(E.left(because))
  }
  const answerAll = (because: WebSocketError): void => {
    for (const room of interested.all()) answerWaiting(room, because)
    before.fail(because)
  }
  const release = (room: RoomRecord): void => {
    interested.release(room)
    if (room.holds === 0) answerWaiting(room, released(room.name))
  }

  return {
    interest: interested,
    subscribe: (room, wish, to, special) => {
      before.subscribers.add(room, wish, to, special)
      interested.hold(room)
    },
    unsubscribe: (room, to) => {
      before.subscribers.remove(room, to)
      release(room)
    },
    subscribeAll: (all, sink) => {
      const alone = [sink]
      for (const room of all) {
        room.sinks = room.sinks.length === 0 ? alone : withSink(room.sinks, sink)
        interested.hold(room)
      }
    },
    unsubscribeAll: (all, sink) => {
      for (const room of all) {
        for (const each of room.sinks) if (each.to === sink.to) room.sinks = withoutSink(room.sinks, each)
        release(room)
      }
    },
    release,
    join: (room, ask, answered) => {
      const details = extrasOf(room)
      details.ask = { ...(details.ask?.password === undefined ? {} : { password: details.ask.password }), ...ask }
      if (room.granted) answered(E.right(room.granted))
      else {
        if (halted) answered(E.left(halted))
        else (details.waiters ??= new Set()).add(answered)
        linked.want(room)
      }
    },
    consumers: consuming,
    stopIntake: () => {
      intake = 'stopped'
    },
    keep: before.keep,
    history: (what, answered) => {
      if (!halted) return before.ask(what, answered)
      answered(E.left(halted))
      return { giveUp: () => undefined }
    },
    own: needs.own,
    watch: (room) => {
      const details = extrasOf(room)
      details.watchers++
      return (details.membership ??= cell(membershipOf(room, halted), mailbox))
    },
    unwatch: (room) => {
      const details = extrasOf(room)
      details.watchers--
      if (details.watchers === 0) delete details.membership
      interested.forget(room)
    },
    isJoining: (name) => {
      const have = interested.known(name)?.have
      return have === 'Wanted' || have === 'Joining'
    },
    take: linked.take,
    pending: linked.pending,
    at: linked.at,
    message: (frame, payload) => {
      if (intake === 'stopped') return
      const room = linked.at(frame[1])
      if (!room) {
        needs.count('stale')
        return
      }
      const offset = frame[2]
      if (offset <= room.offset) {
        needs.count('duplicates')
        return
      }
      const prev = frame[8]?.prev ?? offset - 1
      if (prev > room.offset) {
        if (linked.mend(room)) {
          needs.count('mended')
          return
        }
        const { epoch } = room
        tellGap(room, gap(room.name, { epoch, offset: room.offset }, { epoch, offset: prev }, 'lost'), false)
        mailbox.settle()
      }
      room.offset = offset
      needs.count('messagesIn')
      deliver(room, frame, needs.own(frame[5][1]), payload)
    },
    paged: (frame, payload) => {
      if (intake === 'open' && !before.message(frame, payload)) needs.count('stale')
    },
    joined: linked.joined,
    left: (frame) => {
      if (!before.left(frame)) linked.left(frame)
    },
    granted: linked.granted,
    gap: (frame) => {
      if (intake === 'open' && !before.gap(frame)) linked.gap(frame)
    },
    page: (end) => {
      if (intake === 'open') before.page(end)
    },
    up: ({ can, limits }) => {
      before.up(can.includes('history') ? limits.history : undefined)
    },
    down: (isOversized) => {
      const isBlamed = isOversized && poisonDetection.linkClosed(interested.all())
      linked.reset(interested.all())
      before.down(isOversized && !isBlamed)
    },
    halt: (because) => {
      if (because === halted) return
      halted = because
      for (const room of interested.all()) changed(room)
      if (because) answerAll(because)
    },
    again: () => {
      linked.again(interested.all())
    },
    close: (because) => {
      interested.close()
      answerAll(because)
      for (const room of interested.all()) {
        const { sinks } = room
        mailbox.publish(() => {
          for (const { gate } of sinks) gate?.close()
          for (const { to } of sinks) to.complete()
        })
        room.extras?.membership?.set({ _tag: 'Refused', error: because })
        room.extras?.membership?.complete()
      }
    },
  }
}
