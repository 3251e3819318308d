import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { decoderOf, hasEvent, isContract } from '../contract/event-codec.js'
import type { AnyContract, OpenContract } from '../contract/contract.js'
import type { Decoder } from '../contract/mismatch.js'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { Stream } from '../core/stream.js'
import type { Message } from '../rooms/message.js'
import type { RoomRecord } from '../rooms/record.js'
import type { EventSelector } from '../rooms/sink.js'
import type { Special } from '../rooms/subscribers.js'
import { validateOn } from './validate.js'
import type { OnOptions } from './room.js'
import type { Sending } from './sending.js'
import { reportThrow, type Kernel } from './kernel.js'

/** State that handles share: the client's parts, its sends, and the error of a closed client. */
export interface Shared {
  readonly kernel: Kernel
  readonly sending: Sending
  readonly over: () => WebSocketError | undefined
}

/** The settings of a room handle: its fault if it is unusable, and the number of messages to cache. */
export interface Entrance {
  readonly fault: WebSocketError | undefined
  readonly cache: number
}

/** Emits one result and completes. */
export const answer = <T>(to: Subscriber<Result<T>>, result: Result<T>): void => {
  to.next(result)
  to.complete()
}

const wishes = /*#__PURE__*/ new WeakMap<AnyContract, Map<string, EventSelector>>()

/** The selector for one event of a contract. Cached only for events that the contract names: users make up other names. */
export const oneEvent = (contract: AnyContract, event: string): EventSelector => {
  if (!hasEvent(contract, event)) return wishFor(event, decoderOf(contract, event))
  const known = wishes.get(contract) ?? new Map<string, EventSelector>()
  wishes.set(contract, known)
  const wish = known.get(event) ?? wishFor(event, decoderOf(contract, event))
  known.set(event, wish)
  return wish
}

const wishFor = (event: string, decode: Decoder): EventSelector =>
  Object.assign((name: string) => (name === event ? decode : undefined), { one: { event, decode } })

const everything = /*#__PURE__*/ new WeakMap<AnyContract, EventSelector>()

/** The selector for every event of a contract. */
export const everyEvent = (contract: AnyContract | OpenContract): EventSelector => {
  // An invalid contract is a fault of the subscription.
  if (!isContract(contract)) return () => undefined
  const isOpen = 'open' in contract
  const wish: EventSelector =
    everything.get(contract) ??
    ((name) => (isOpen || Object.hasOwn(contract.events, name) ? contract.codecOf(name).decode : undefined))
  everything.set(contract, wish)
  return wish
}

/** The options that differ from a plain live subscription; `undefined` if none do. */
export const special = ({ from = 'live', policy = 'all', window }: OnOptions): Special | undefined =>
  from === 'live' && policy === 'all' && window === undefined
    ? undefined
    : {
        ...(from === 'live' ? {} : { start: from }),
        ...(policy === 'all' ? {} : { policy }),
        ...(window === undefined ? {} : { window }),
      }

const plain: OnOptions = {}

/** Messages of a room while subscribed. Keeps little per subscription: there are as many as rooms. */
export const listen = (
  { kernel, over }: Shared,
  name: string,
  wish: EventSelector,
  raw: OnOptions | null | undefined,
  { fault, cache }: Entrance,
): ResultStream<Message<unknown>> =>
  new Stream(reportThrow(kernel), (to) => {
    const { turns, rooms } = kernel
    const options = raw ?? plain
    let room: RoomRecord | undefined
    turns.command(() => {
      const because = over() ?? fault ?? validateOn(options)
      if (because) {
        turns.publish(() => {
          answer(to, E.left(because))
        })
      } else if (!to.closed) {
        room = rooms.interest.of(name)
        if (cache > 0) rooms.keep(room, cache)
        rooms.subscribe(room, wish, to, special(options))
      }
    })
    return () => {
      turns.command(() => {
        if (room) rooms.unsubscribe(room, to)
      })
    }
  })
