import * as E from '#fp/Either'
import type { Client } from '../../client/client.js'
import { everyEvent, oneEvent } from '../../client/listening.js'
import type { Outgoing, SendOptions } from '../../client/outgoing.js'
import { partsOf } from '../../client/port.js'
import type { MessageOf, OnOptions } from '../../client/room.js'
import { contractFault } from '../../client/validate.js'
import type { AnyContract, Args, EventOf, Received } from '../../contract/contract.js'
import { type Check, invalid, oneOf, optionFault, thrown } from '../../core/check.js'
import type { WebSocketError } from '../../core/error.js'
import { guard } from '../../core/guard.js'
import type { ResultStream } from '../../core/result.js'
import { ALL, USER } from '../../protocol/reserved.js'
import { roomOfTarget, type Target } from '../../protocol/target.js'
import type { Message } from '../../rooms/message.js'
import type { EventSelector } from '../../rooms/sink.js'
import { merged } from './merged.js'

/** Options of `on` and `messages`; `T` is the type of the payload. A start and a policy hold for each of the two rooms. */
export interface EventsOptions<T = never> extends OnOptions<T> {
  /**
   * `'user'`: only events for this user; `'all'`: only events for all. Default: both. A start after a position needs it,
   * because a position is of one room.
   */
  readonly only?: 'user' | 'all' | undefined
}

/** Options of `broadcast`: the receivers, and those of `room.send`. */
export interface BroadcastOptions extends SendOptions {
  /** All users, one `{ user }`, or a `{ room }`. */
  readonly to: Target
}

/** The arguments of `broadcast` after the event: the payload, `undefined` where it is void, and options. */
export type BroadcastArgs<C extends AnyContract, K extends EventOf<C>> =
  Args<C, K> extends [] ? [data: undefined, options: BroadcastOptions] : [...Args<C, K>, options: BroadcastOptions]

/** The members that the feature `events` adds to a client. */
export interface EventsOf<C extends AnyContract> {
  /**
   * Messages of one event for this user or for all, in the order of each of the two rooms, `@user` and `@all`: a message
   * says by its `room` where it comes from. While subscribed, the client is in these rooms and in them alone; a gap, a
   * payload that does not decode or a refusal is a `Left` at its place, and the stream goes on. Silent while offline, then
   * continues from its positions. Completes when the client closes. Never errors.
   */
  readonly on: <K extends EventOf<C>>(
    event: K,
    options?: EventsOptions<Received<C, K>>,
  ) => ResultStream<Message<Received<C, K>>>
  /** Messages of every event of the contract; with `anything` of every event. Otherwise like `on`. */
  readonly messages: (options?: EventsOptions<MessageOf<C>['data']>) => ResultStream<MessageOf<C>>
  /**
   * Sends an event to all users, to one user, or to a room, at the call, like `room.send`: one `Right(receipt)` when the
   * server has logged it, or `Left`, with `delivery/forbidden` without the permission `publish` in `@all`, in `@user/` with
   * the user's name, or in the room. Offline the event waits, up to `withinMs`. Joins nothing.
   */
  readonly broadcast: <K extends EventOf<C>>(event: K, ...args: BroadcastArgs<C, K>) => Outgoing
}

/** A position is of one room. */
const unplaced = /*#__PURE__*/ invalid('only', 'value', {
  actual: 'missing',
  expected: "'user' or 'all', the room of the position",
})

const onlyCheck: Check = /*#__PURE__*/ oneOf('user', 'all')

/**
 * Makes a feature that adds the events of a contract to a client: those for its user and those for all, and broadcasts.
 * `client.with(events(contract)).on('said')`.
 */
export const events =
  <C extends AnyContract>(contract: C) =>
  (client: Pick<Client, 'state$'>): EventsOf<C> => {
    const parts = partsOf(client)
    const misfit = contractFault(contract)

    const listenTo = (
      selector: EventSelector,
      given: EventsOptions | null | undefined,
    ): ResultStream<Message<unknown>> => {
      const { only, options, fault = misfit } = listening(given)
      const names = only === undefined ? [USER, ALL] : [only === 'all' ? ALL : USER]
      return merged({ parts, fault }, names, selector, options)
    }
    const broadcast = (event: string, data: unknown, given: BroadcastOptions): Outgoing => {
      const { room, options, fault = misfit } = sending(given)
      return parts.sending.send(false, { name: room, contract, fault }, event, data, options)
    }
    return {
      on: (event: string, options?: EventsOptions | null) => listenTo(oneEvent(contract, event), options),
      messages: (options?: EventsOptions | null) => listenTo(everyEvent(contract), options),
      broadcast,
    } as unknown as EventsOf<C>
  }

/** The options of a subscription, and their fault. */
interface GivenListening {
  readonly only?: EventsOptions['only']
  readonly options?: OnOptions
  readonly fault?: WebSocketError | undefined
}

/** Takes the room out of the options; the others are checked where they are used. */
const listening = (given: EventsOptions | null | undefined): GivenListening => {
  const read = guard((): GivenListening => {
    const { only, ...options } = { ...given }
    const fault = optionFault({ only }, { only: onlyCheck })
    if (fault) return { fault }
    const { from } = options
    const isPlaced = typeof from === 'object' && from._tag === 'After'
    return isPlaced && only === undefined ? { fault: unplaced } : { only, options }
  })
  return E.isLeft(read) ? { fault: thrown(read.left) } : read.right
}

/** The room of a broadcast, and its options. */
interface GivenSending {
  readonly room: string
  readonly options?: SendOptions
  readonly fault?: WebSocketError | undefined
}

const sending = (given: BroadcastOptions): GivenSending => {
  const read = guard((): GivenSending => {
    const { to, ...options } = { ...given }
    const room = roomOfTarget(to)
    return E.isLeft(room) ? { room: '', fault: room.left } : { room: room.right, options }
  })
  return E.isLeft(read) ? { room: '', fault: thrown(read.left) } : read.right
}
