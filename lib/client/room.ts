import type { Observable } from 'rxjs'
import type { AnyContract, Args, EventOf, Received } from '../contract/contract.js'
import type { Position } from '../core/position.js'
import type { ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import type { Membership, RoomInfo } from '../rooms/membership.js'
import type { Message } from '../rooms/message.js'
import type { Using } from '../core/disposable.js'
import type { Outgoing, SendOptions } from './outgoing.js'
import type { Admission, Policy, Start } from './strategy.js'
import type { Featured } from './with.js'

/** Options of `on` and `messages`; `T` is the type of the payload. */
export interface OnOptions<T = never> {
  /**
   * The start of this subscription, independent of others in the room. `'live'` (default): with the next message. Or a
   * value of `rx-rooms/history`: `last(50)`, `after(position)`, `beginning()`, `stored()`. Each message is offered once,
   * in order: first earlier messages, then live ones.
   */
  readonly from?: 'live' | Start | undefined
  /** Thins out a fast stream. Default `'all'`; or `latestBy(key)`, `sample(ms)` of `rx-rooms/conflation`. */
  readonly policy?: 'all' | Policy<T> | undefined
}

/** A message by its place: the room and the position. Every `Message` is one. */
export interface Placed {
  readonly room: string
  readonly position: Position
}

/** Options of `join`. All are optional. */
export interface JoinOptions extends WaitOptions {
  /**
   * The way into a room that does not let everybody in: `join(admission({ password, invitation, queue, mustExist }))` of
   * `rx-rooms/room-life` gives these options. Default: a plain join.
   */
  readonly by?: Admission | undefined
  /**
   * Time to wait for the answer, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s; with
   * the `queue` of an admission no limit.
   */
  readonly withinMs?: number | undefined
}

/**
 * A handle on a room. A handle is free; the client joins the room while anybody holds it: by a subscription to `on` or
 * `messages`, or by `join()`.
 */
export interface Room<C extends AnyContract> extends Using, Featured<Room<C>> {
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
   * Sends like `send` and also reports failures in `client.undelivered$`, so no subscription is needed; with a store
   * the message survives the end of the page or process. The stream has the message's `id` at once: look for it in
   * `outbox$` of `rx-rooms/observe` to draw ticks.
   */
  readonly post: <K extends keyof C['events'] & string>(event: K, ...args: SendArgs<C, K>) => Outgoing
}

/** The arguments of `send` and `post` after the event: the payload, unless it is void, and options. */
export type SendArgs<C extends AnyContract, K extends EventOf<C>> =
  Args<C, K> extends [] ? [data?: undefined, options?: SendOptions] : [...Args<C, K>, options?: SendOptions]

/** A message of any event of a contract. */
export type MessageOf<C extends AnyContract> = {
  readonly [K in EventOf<C>]: Message<Received<C, K>> & { readonly event: K }
}[EventOf<C>]
