import type { Observable } from 'rxjs'
import type { AnyContract, Args, EventOf, Received } from '../contract/contract.js'
import type { Position } from '../core/position.js'
import type { Result, ResultStream } from '../core/result.js'
import type { AbortSignalLike, WaitOptions } from '../core/wait.js'
import type { Membership, RoomInfo } from '../rooms/membership.js'
import type { Message } from '../rooms/message.js'
import type { Policy } from '../rooms/policy.js'
import type { Signal } from '../rooms/signals.js'
import type { Start } from '../rooms/start.js'
import type { Using } from '../core/disposable.js'
import type { Outgoing } from './outgoing.js'

/** `T` is what the messages carry. */
export interface OnOptions<T = never> {
  /**
   * Where this subscription starts, whoever else is in the room. `'live'` (default): with what comes next. `{ last }`: with
   * so many earlier messages of the room, of whatever event, as far as there are. A position: after it; what is missing is
   * a gap. `stored()`: after the position that this client's store holds for the room, which such subscriptions move
   * forward; what may have been offered in an earlier run is marked `redelivered`. Without a store, or when it knows nothing
   * of the room, with what comes next. Each message is offered once, in order: first what was before, then what comes next.
   */
  readonly from?: Start | undefined
  /** What to be told of when more comes than can be used. Default `'all'`; or `latestBy(key)`, `sample(ms)`. */
  readonly policy?: 'all' | Policy<T> | undefined
  /**
   * How many messages may be offered and not yet committed by `room.commit`. Beyond it the subscription is offered nothing;
   * what it misses meanwhile is read from the room's log as soon as commits have made room, so memory stays bounded however
   * slow the subscriber is. Default: no limit. Not with a policy, and with `stored()` only with manual commit.
   */
  readonly window?: number | undefined
}

/** A message by its place: the room and the position. Every `Message` is one. */
export interface Placed {
  readonly room: string
  readonly position: Position
}

/** What a handle of a room can be told. All may be left out. */
export interface RoomOptions {
  /**
   * How many of the room's latest messages to keep in this client while anybody holds the room, so that a subscription with
   * `from` that comes later need not ask the server. Default 0. All rooms share `history.cacheBytes`.
   */
  readonly cache?: number | undefined
}

/** Which piece of a room's log, and how long to wait for it. */
export interface HistoryOptions extends WaitOptions {
  /** How many messages, of whatever event, from 1 to 10 000; those of events that the contract does not name are left out. */
  readonly last: number
  /** Before which message. Default: the last of all. */
  readonly before?: Position | undefined
  /** How long to wait, in milliseconds, also for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** A piece of a room's log. */
export interface HistoryPage<M> {
  /** In the order of the room; what does not decode is a `Left` at its place. */
  readonly messages: readonly Result<M>[]
  /** What to give as `before` for the messages before these. Absent: the server has none. */
  readonly earlier?: Position
}

/** How a room is to be joined. All may be left out. */
export interface JoinOptions extends WaitOptions {
  /** Refuse instead of creating the room. Default false. */
  readonly mustExist?: boolean | undefined
  /** Given to the server's `authorize`, with this join and each one after a loss. */
  readonly password?: string | undefined
  /** How long to wait for the answer, in milliseconds, also for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** How a message is to be sent. All may be left out. */
export interface SendOptions extends WaitOptions {
  /**
   * The message's id, 1 to 64 bytes; default: a new one. An id names one message of its room. A second call with the id of
   * a message that waits, or was answered, of this client is the same message: it gets the same receipt, and one that
   * failed is queued again in its place, which the server executes once. So a retry is
   * `defer(() => room.send(event, data, { id }))`. Another payload under the same id is `Left(delivery/id-reused)`.
   *
   * The client remembers the latest `outbox.entries` answered ids. The server does not compare ids: a message that another
   * client sends under the same id, or this one after a restart, is logged again, and readers see the same `message.id`.
   */
  readonly id?: string | undefined
  /** Withdraws the message if it was not written yet: `Left(delivery/aborted)` with `executed: 'no'`, else `'unknown'`. */
  readonly signal?: AbortSignalLike | undefined
  /** How long to try, in milliseconds; then `Left(delivery/timeout)`. Default: `outbox.ageMs`, 5 minutes. */
  readonly withinMs?: number | undefined
}

/**
 * A handle on a room. Making one is free; the room itself is joined while anybody holds it: by a subscription to `on` or
 * `messages`, or by `join()`.
 */
export interface Room<C extends AnyContract> extends Using {
  readonly name: string
  /**
   * Messages of one event, in order, as `Right`; a gap, a payload that does not decode or a refusal is a `Left` at its
   * place, and the stream goes on. Holds the room while subscribed; silent while offline, then continues where it was.
   * Completes when the client closes. Never errors.
   */
  readonly on: <K extends keyof C['events'] & string>(
    event: K,
    options?: OnOptions<Received<C, K>>,
  ) => ResultStream<Message<Received<C, K>>>
  /** Messages of every event of the contract, in the order of the room. Otherwise like `on`. */
  readonly messages: (options?: OnOptions<MessageOf<C>['data']>) => ResultStream<MessageOf<C>>
  /** Where this client stands in the room: the present state at once, then changes. Does not hold the room. */
  readonly membership$: Observable<Membership>
  /**
   * Takes this handle's one hold on the room and answers once: `Right` when in, `Left` when refused, when the client has
   * stopped, or when there is no answer within `withinMs`, offline too. Starts at the call. The hold stays until `leave()`
   * whatever the answer, so the room is joined as soon as that is possible, and again after each loss; only a join that is
   * aborted before its answer gives the hold back.
   */
  readonly join: (options?: JoinOptions) => ResultStream<RoomInfo>
  /**
   * Commits all messages of the room up to a position, or up to a message: they are not offered again by
   * `stored({ commit: 'manual' })`, and they no longer count in a `window`. Cumulative and forward only. Starts at the call
   * and answers once the position is stored: `Right`, or `Left` when the position was never offered, the store failed, or the
   * client is closed. Works offline. Messages that are posted in the same turn, or in the same synchronous block, are
   * stored in the same atomic step: after a crash both are there, or neither. If one of them is refused, the commit answers
   * with its `Left`, moves nothing, and the others are taken back. With such messages the answer also waits until less than
   * half of the outbox is taken: who waits for it never overfills the outbox.
   */
  readonly commit: (of: Position | Placed, options?: WaitOptions) => ResultStream<void>
  /** Gives this handle's hold back, at the call. Answers how many others hold the room; at 0 it is left after `lingerMs`. */
  readonly leave: (options?: WaitOptions) => ResultStream<{ readonly stillHeldBy: number }>
  /**
   * Sends at the call, once, whether anybody subscribes or not. One `Right(receipt)` when the server has logged it, or `Left`
   * with `executed: 'no' | 'unknown'`, which only this stream reports. Offline it waits, up to `withinMs`. Unsubscribing
   * cancels nothing: `signal` withdraws it. Does not join. The stream has the message's `id` before its receipt.
   */
  readonly send: <K extends keyof C['events'] & string>(event: K, ...args: SendArgs<C, K>) => Outgoing
  /**
   * Reads what was logged before, at the call: one `Right`, or `Left` when the server gives no history, the user may
   * not read it, or nothing came `withinMs`. Connects, and waits while offline. Does not join: it works from outside.
   */
  readonly history: (options: HistoryOptions) => ResultStream<HistoryPage<MessageOf<C>>>
  /**
   * Like `send`, and what fails is reported by `client.undelivered$` too, so nobody needs to subscribe; with a store the
   * message survives the end of the page or process. The stream has the message's `id` at once: look for it in
   * `client.outbox$` to draw ticks.
   */
  readonly post: <K extends keyof C['events'] & string>(event: K, ...args: SendArgs<C, K>) => Outgoing
  /**
   * Tells those who are in the room at the moment, at the call: for what is of no interest later, as typing and cursors.
   * Never queued, logged or repeated. `Right` when it is handed to the link, which says nothing about who gets it; `Left`
   * when it is dropped: not `In` the room, offline too, not permitted, unknown to the server, larger than it takes, or more
   * than the socket takes. Needs a hold on the room. The sender does not get it back.
   */
  readonly signal: <K extends keyof C['events'] & string>(event: K, ...args: Args<C, K>) => ResultStream<void>
  /**
   * Signals of one event as they come, which may have gaps that nobody tells; a payload that does not decode or a refusal of
   * the room is a `Left`. Holds the room while subscribed. Completes when the client closes. Never errors.
   */
  readonly signals: <K extends keyof C['events'] & string>(event: K) => ResultStream<Signal<Received<C, K>>>
}

/** The arguments of `send` and `post` after the event: the payload, unless it is void, and options. */
export type SendArgs<C extends AnyContract, K extends EventOf<C>> =
  Args<C, K> extends [] ? [data?: undefined, options?: SendOptions] : [...Args<C, K>, options?: SendOptions]

/** A message of any event of a contract. */
export type MessageOf<C extends AnyContract> = {
  readonly [K in EventOf<C>]: Message<Received<C, K>> & { readonly event: K }
}[EventOf<C>]

/** Many rooms as one. Without options a room costs a few bytes. */
export interface RoomSet<C extends AnyContract> {
  /** Messages of one event from all of them; each room in its order. Holds all while subscribed. Otherwise like `room.on`. */
  readonly on: <K extends keyof C['events'] & string>(
    event: K,
    options?: OnOptions<Received<C, K>>,
  ) => ResultStream<Message<Received<C, K>>>
  /** Messages of every event of the contract. Otherwise like `on`. */
  readonly messages: (options?: OnOptions<MessageOf<C>['data']>) => ResultStream<MessageOf<C>>
  /** Commits all messages of one of the rooms up to a message. Like `room.commit`. */
  readonly commit: (of: Placed, options?: WaitOptions) => ResultStream<void>
  /** Adds rooms, at the call, to this set and to all its subscriptions. Answers how many rooms there are, or which name is invalid. */
  readonly add: (names: Iterable<string>) => ResultStream<{ readonly rooms: number }>
  /** Removes rooms, at the call, from this set and from all its subscriptions. Answers how many rooms are left. */
  readonly remove: (names: Iterable<string>) => ResultStream<{ readonly rooms: number }>
}
