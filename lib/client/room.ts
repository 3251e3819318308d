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

/** Options of `on` and `messages`; `T` is the type of the payload. */
export interface OnOptions<T = never> {
  /**
   * The start of this subscription, independent of others in the room. `'live'` (default): with the next message.
   * `{ last }`: with so many earlier messages of the room, of any event, as far as there are. A position: after it;
   * missing messages are a gap. `stored()`: after the position that this client's store holds for the room, which such
   * subscriptions move forward; messages that an earlier run may have offered are marked `redelivered`. Without a
   * store, or without a stored position for the room, with the next message. Each message is offered once, in order:
   * first earlier messages, then live ones.
   */
  readonly from?: Start | undefined
  /** Thins out a fast stream. Default `'all'`; or `latestBy(key)`, `sample(ms)`. */
  readonly policy?: 'all' | Policy<T> | undefined
  /**
   * The most messages that are offered and not yet committed by `room.commit`. At the limit the subscription receives
   * nothing; it reads the missed messages from the room's log as soon as commits make room, so memory stays bounded
   * even with a slow subscriber. Default: no limit. Not with a policy, and with `stored()` only with manual commit.
   */
  readonly window?: number | undefined
}

/** A message by its place: the room and the position. Every `Message` is one. */
export interface Placed {
  readonly room: string
  readonly position: Position
}

/** Options of a room handle. All are optional. */
export interface RoomOptions {
  /**
   * The number of the room's latest messages to keep in this client while anybody holds the room, so that a later
   * subscription with `from` need not ask the server. Default 0. All rooms share `history.cacheBytes`.
   */
  readonly cache?: number | undefined
}

/** The piece of a room's log to read, and the time to wait for it. */
export interface HistoryOptions extends WaitOptions {
  /** The number of messages, of any event, from 1 to 10 000; events that the contract does not name are left out. */
  readonly last: number
  /** Reads messages before this position. Default: the latest ones. */
  readonly before?: Position | undefined
  /** Time to wait, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** A piece of a room's log. */
export interface HistoryPage<M> {
  /** In the order of the room; a payload that does not decode is a `Left` at its place. */
  readonly messages: readonly Result<M>[]
  /** The value of `before` for the messages before these. Absent: the server has none. */
  readonly earlier?: Position
}

/** Options of `join`. All are optional. */
export interface JoinOptions extends WaitOptions {
  /** Refuses the join instead of creating the room. Default false. */
  readonly mustExist?: boolean | undefined
  /** The password for the server's `authorize`, sent with this join and each one after a loss. */
  readonly password?: string | undefined
  /** Time to wait for the answer, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** Options of `send` and `post`. All are optional. */
export interface SendOptions extends WaitOptions {
  /**
   * The message's id, 1 to 64 bytes; default: a new one. An id names one message of its room. A second call with the id
   * of a waiting or answered message of this client is the same message: it gets the same receipt, and a failed one is
   * queued again in its place, which the server executes once. So a retry is
   * `defer(() => room.send(event, data, { id }))`. Another payload under the same id is `Left(delivery/id-reused)`.
   *
   * The client remembers the latest `outbox.entries` answered ids. The server does not compare ids: it logs again a
   * message that another client sends under the same id, or this one after a restart, and readers see the same
   * `message.id`.
   */
  readonly id?: string | undefined
  /** Withdraws the message if it was not written yet: `Left(delivery/aborted)` with `executed: 'no'`, else `'unknown'`. */
  readonly signal?: AbortSignalLike | undefined
  /** Time to try, in milliseconds; then `Left(delivery/timeout)`. Default: `outbox.ageMs`, 5 minutes. */
  readonly withinMs?: number | undefined
}

/**
 * A handle on a room. A handle is free; the client joins the room while anybody holds it: by a subscription to `on` or
 * `messages`, or by `join()`.
 */
export interface Room<C extends AnyContract> extends Using {
  readonly name: string
  /**
   * Messages of one event, in order, as `Right`; a gap, a payload that does not decode or a refusal is a `Left` at its
   * place, and the stream goes on. Holds the room while subscribed; silent while offline, then continues from its
   * position. Completes when the client closes. Never errors.
   */
  readonly on: <K extends keyof C['events'] & string>(
    event: K,
    options?: OnOptions<Received<C, K>>,
  ) => ResultStream<Message<Received<C, K>>>
  /** Messages of every event of the contract, in the order of the room. Otherwise like `on`. */
  readonly messages: (options?: OnOptions<MessageOf<C>['data']>) => ResultStream<MessageOf<C>>
  /** The state of this client in the room: the current one at once, then changes. Does not hold the room. */
  readonly membership$: Observable<Membership>
  /**
   * Takes this handle's one hold on the room and answers once: `Right` when in the room, `Left` when the server
   * refuses, the client stops, or no answer arrives within `withinMs`, offline too. Starts at the call. The hold stays
   * until `leave()`, after a `Left` too, so the client joins the room as soon as possible, and again after each loss;
   * only a join that is aborted before its answer gives the hold back.
   */
  readonly join: (options?: JoinOptions) => ResultStream<RoomInfo>
  /**
   * Commits all messages of the room up to a position, or up to a message: `stored({ commit: 'manual' })` does not
   * offer them again, and they no longer count in a `window`. Cumulative and forward only. Starts at the call and
   * answers once the position is stored: `Right`, or `Left` when the position was never offered, the store failed, or
   * the client is closed. Works offline. The client stores messages posted in the same turn, or in the same synchronous
   * block, in the same atomic step: after a crash both are there, or neither. If one of them is refused, the commit
   * answers with its `Left`, moves nothing, and withdraws the others. With such messages the answer also waits until
   * less than half of the outbox is taken, so a caller that waits for it never overfills the outbox.
   */
  readonly commit: (of: Position | Placed, options?: WaitOptions) => ResultStream<void>
  /**
   * Gives this handle's hold back, at the call. Answers the number of other holders; at 0 the client leaves the room
   * after `lingerMs`.
   */
  readonly leave: (options?: WaitOptions) => ResultStream<{ readonly stillHeldBy: number }>
  /**
   * Sends at the call, once, with or without subscribers. One `Right(receipt)` when the server has logged the message,
   * or `Left` with `executed: 'no' | 'unknown'`, which only this stream reports. Offline the message waits, up to
   * `withinMs`. Unsubscribing cancels nothing: `signal` withdraws it. Does not join. The stream has the message's `id`
   * before its receipt.
   */
  readonly send: <K extends keyof C['events'] & string>(event: K, ...args: SendArgs<C, K>) => Outgoing
  /**
   * Reads earlier messages from the log, at the call: one `Right`, or `Left` when the server gives no history, the user
   * may not read it, or no answer arrives within `withinMs`. Connects, and waits while offline. Does not join: it works
   * from outside the room.
   */
  readonly history: (options: HistoryOptions) => ResultStream<HistoryPage<MessageOf<C>>>
  /**
   * Sends like `send` and also reports failures in `client.undelivered$`, so no subscription is needed; with a store
   * the message survives the end of the page or process. The stream has the message's `id` at once: look for it in
   * `client.outbox$` to draw ticks.
   */
  readonly post: <K extends keyof C['events'] & string>(event: K, ...args: SendArgs<C, K>) => Outgoing
  /**
   * Signals those in the room now, at the call: for data of no later interest, such as typing and cursors. Never
   * queued, logged or repeated. `Right` when the signal is handed to the connection, without confirming any recipient;
   * `Left` when it is dropped: not `In` the room, offline too, not permitted, unknown to the server, too large for the
   * server, or too much for the socket. Needs a hold on the room. The sender does not receive its own signal.
   */
  readonly signal: <K extends keyof C['events'] & string>(event: K, ...args: Args<C, K>) => ResultStream<void>
  /**
   * Signals of one event as they arrive, with unreported gaps; a payload that does not decode or a refusal of the room
   * is a `Left`. Holds the room while subscribed. Completes when the client closes. Never errors.
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

/** Many rooms as one. Without options each room costs only a few bytes. */
export interface RoomSet<C extends AnyContract> {
  /** Messages of one event from all rooms, each room in its order. Holds all while subscribed. Otherwise like `room.on`. */
  readonly on: <K extends keyof C['events'] & string>(
    event: K,
    options?: OnOptions<Received<C, K>>,
  ) => ResultStream<Message<Received<C, K>>>
  /** Messages of every event of the contract. Otherwise like `on`. */
  readonly messages: (options?: OnOptions<MessageOf<C>['data']>) => ResultStream<MessageOf<C>>
  /** Commits all messages of one of the rooms up to a message. Like `room.commit`. */
  readonly commit: (of: Placed, options?: WaitOptions) => ResultStream<void>
  /**
   * Adds rooms, at the call, to this set and all its subscriptions. Answers the number of rooms, or `Left` for an
   * invalid name.
   */
  readonly add: (names: Iterable<string>) => ResultStream<{ readonly rooms: number }>
  /** Removes rooms, at the call, from this set and from all its subscriptions. Answers the number of rooms left. */
  readonly remove: (names: Iterable<string>) => ResultStream<{ readonly rooms: number }>
}
