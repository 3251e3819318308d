import * as E from '#fp/Either'
import type { Backoff } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import { guard } from '../core/guard.js'
import type { Mailbox } from '../core/mailbox.js'
import type { Positions } from '../core/ports.js'
import type { Result } from '../core/result.js'
import { caches } from '../history/cache.js'
import { type Ask, type Page, pages, type Pages, type Pending } from '../history/pages.js'
import type { ClientFrame } from '../protocol/frame.js'
import { gapError, offer, read } from './deliver.js'
import { refused } from './error.js'
import type { Consumers } from './consumers.js'
import type { Joins } from './joins.js'
import type { Message } from './message.js'
import { policed, type Policy } from './policy.js'
import { extrasOf, positionOf, type RoomRecord } from './record.js'
import { type Interceptor, internalSink, type Sink, withoutSink, withSink } from './sink.js'
import { type Subscribers, subscribers as subscribersOf } from './subscribers.js'

/** The settings for requests of earlier messages. */
export interface HistoryConfig {
  /** Messages per request; the server may give fewer. Default 256. */
  readonly pageMessages: number
  /** Messages of a room held while the page before them is in flight; beyond, the room is read anew. Default 1 024. */
  readonly holdMessages: number
  /** Requests in flight at a time. Default 4. */
  readonly inFlight: number
  /** Waiting requests; beyond, they are refused. Default 1 000. */
  readonly waiting: number
  /** Approximate bytes of all rooms' caches together. Default 16 MiB. */
  readonly cacheBytes: number
}

export interface PastNeeds {
  readonly mailbox: Mailbox
  readonly deadlines: Deadlines
  readonly random: () => number
  readonly backoff: Backoff
  readonly joinMs: number
  readonly write: (frame: ClientFrame) => void
  readonly own: (session: string) => boolean
  readonly positions: Positions
  readonly consumers: Consumers
  readonly history: HistoryConfig
  readonly soon: (task: () => void) => void
  readonly threw: (said: string) => void
  readonly noted?: ((because: WebSocketError) => void) | undefined
  readonly count: (what: 'gaps' | 'conflated' | 'overflows') => void
}

/** Earlier messages: requested, cached or replayed. Call in a turn. */
export interface Past extends Pick<Pages, 'message' | 'gap' | 'page' | 'left' | 'up' | 'down'> {
  readonly subscribers: Subscribers
  /** Caches the latest messages of a room, `messages` at most. */
  readonly keep: (room: RoomRecord, messages: number) => void
  /** The room was left: drops its cache. */
  readonly forget: (room: RoomRecord) => void
  /** Requests a page for a caller. */
  readonly ask: (what: Ask, answered: (to: Result<Page>) => void) => Pending
  /** Fails the requests of all callers. */
  readonly fail: (because: WebSocketError) => void
}

/** Delay, in ms, before the next request to a log that lags behind live messages. */
const lagMs = 100

export const past = (needs: PastNeeds, joins: Pick<Joins, 'allot' | 'rejoin'>): Past => {
  const { mailbox, deadlines, history } = needs
  const asked = pages({
    ...needs,
    inFlight: history.inFlight,
    waiting: history.waiting,
    answerMs: needs.joinMs,
    allot: joins.allot,
    refused,
    turn: mailbox.enter,
  })
  const kept = caches(history.cacheBytes)
  const callers = new Set<{ readonly pending?: Pending }>()

  const rewind = (
    room: RoomRecord,
    to: { readonly epoch: string; readonly offset: number },
    then: () => void,
  ): void => {
    // Deferred: the room is notifying its sinks now.
    mailbox.route(() => {
      // Another subscription may have moved it further back already.
      if (room.offset > to.offset) {
        needs.count('overflows')
        subscribers.repeat(room)
        room.offset = to.offset
        joins.rejoin(room)
      }
      then()
    })
  }
  const policing = (room: RoomRecord, sink: Sink, policy: Policy): Interceptor =>
    policed(
      policy,
      {
        deadlines,
        soon: (task) => { needs.soon(() => { mailbox.enter(task) }) },
        turn: mailbox.enter,
        conflated: () => { needs.count('conflated') },
      },
      {
        wants: ({ frame }) => sink.wish(frame[4]) !== undefined,
        keyed: ({ epoch, frame, own, payload, recovered, redelivered, shared }, key) => {
          const decode = sink.wish(frame[4])
          const result = decode && read(room.name, epoch, decode, frame, own, payload(frame[7]), recovered, redelivered)
          if (!result || E.isLeft(result)) return undefined
          const keyed = guard(() => key(result.right as Message<never>))
          if (E.isRight(keyed)) return { key: keyed.right, tell: () => { sink.to.next(shared || sink.to.shared ? frozen(result) : result) } }
          needs.threw(keyed.left)
          return undefined
        },
        offer: (arrival) => { offer(room.name, sink, arrival) },
        gap: (missing) => { sink.to.next(E.left(gapError(missing))) },
      },
    ) // prettier-ignore
  const subscribers = subscribersOf({
    mailbox,
    positions: needs.positions,
    consumers: needs.consumers,
    policed: policing,
    ask: (what, answered) => asked.ask(what, answered, false),
    pageMessages: history.pageMessages,
    holdMessages: history.holdMessages,
    own: needs.own,
    cached: (room, after) => room.extras?.cache?.cache.after(after, room.offset),
    rewind,
    later: (then) => {
      const alarm = deadlines.after(lagMs, () => {
        mailbox.enter(then)
      })
      return { giveUp: alarm.cancel }
    },
  })

  return {
    ...asked,
    subscribers,
    keep: (room, messages) => {
      const known = room.extras?.cache
      if (known) {
        known.cache.widen(messages)
        return
      }
      const cache = kept.make(messages, positionOf(room))
      const sink = internalSink({
        take: ({ epoch, frame, payload }) => {
          cache.keep(epoch, { frame, plain: payload(frame[7]) })
        },
        gap: cache.clear,
        close: cache.clear,
      })
      extrasOf(room).cache = { cache, sink }
      room.sinks = withSink(room.sinks, sink)
    },
    forget: (room) => {
      const known = room.extras?.cache
      if (!room.extras || !known) return
      known.cache.clear()
      room.sinks = withoutSink(room.sinks, known.sink)
      delete room.extras.cache
    },
    ask: (what, answered) => {
      const caller: { pending?: Pending } = {}
      callers.add(caller)
      caller.pending = asked.ask(what, (page) => {
        callers.delete(caller)
        answered(page)
      })
      return caller.pending
    },
    fail: (because) => {
      for (const { pending } of [...callers]) pending?.giveUp(because)
    },
  }
}
