import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import { decoderOf, hasEvent, isContract } from '../contract/event-codec.js'
import type { AnyContract } from '../contract/contract.js'
import { type Checks, invalid, optionFault } from '../core/check.js'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { Stream } from '../core/stream.js'
import type { Message } from '../rooms/message.js'
import type { RoomRecord } from '../rooms/record.js'
import type { EventSelector } from '../rooms/sink.js'
import type { Subscribed } from '../rooms/sinks.js'
import type { Parts } from './parts.js'
import type { RoomPort } from './port.js'
import type { OnOptions } from './room.js'
import { policyCheck, startCheck } from './strategy.js'

/** Emits one result and completes. */
export const answer = <T>(to: Subscriber<Result<T>>, result: Result<T>): void => {
  to.next(result)
  to.complete()
}

/** The selectors of a contract by event; `undefined` for every event. */
const selectors = /*#__PURE__*/ new WeakMap<AnyContract, Map<string | undefined, EventSelector>>()

const cached = (contract: AnyContract, event: string | undefined, make: () => EventSelector): EventSelector => {
  const known = selectors.get(contract) ?? new Map<string | undefined, EventSelector>()
  selectors.set(contract, known)
  const selector = known.get(event) ?? make()
  known.set(event, selector)
  return selector
}

/** The selector for one event of a contract. Cached only for events that the contract names: users make up other names. */
export const oneEvent = (contract: AnyContract, event: string): EventSelector => {
  const make = (): EventSelector => {
    const decode = decoderOf(contract, event)
    return Object.assign((name: string) => (name === event ? decode : undefined), { one: { event, decode } })
  }
  return hasEvent(contract, event) ? cached(contract, event, make) : make()
}

/** The selector for every event of a contract; for none of an invalid contract, which is a fault of the subscription. */
export const everyEvent = (contract: AnyContract): EventSelector =>
  isContract(contract)
    ? cached(contract, undefined, () => {
        const { events, codecOf } = contract
        return (name) => ('open' in contract || Object.hasOwn(events, name) ? codecOf(name).decode : undefined)
      })
    : () => undefined

/** The options of a subscription, in the form that sinks take. */
export interface Listening {
  readonly fault?: WebSocketError | undefined
  /** Puts the gates of the options before a sink; absent for a plain live subscription. */
  readonly intercept?: (to: Subscribed) => void
}

const checks: Checks<keyof OnOptions> = { from: startCheck, policy: policyCheck }
const plain: Listening = {}

export const listenTo = (parts: Parts, options: OnOptions | null | undefined): Listening => {
  if (!options) return plain
  const wrong = optionFault(options, checks)
  if (wrong) return { fault: wrong }
  const start = options.from === 'live' ? undefined : options.from
  const conflation = options.policy === 'all' ? undefined : options.policy
  if (!start && !conflation) return plain
  if (start?.isCommitted && conflation) return { fault: invalid('policy', 'policy') }
  return {
    intercept: (to) => {
      if (conflation) to.sink.gate = conflation.intercept(parts, to)
      start?.begin(parts, to)
    },
  }
}

/** Messages of a room while subscribed. Keeps little per subscription: there are as many as rooms. */
export const listen = (
  at: RoomPort,
  selector: EventSelector,
  options: OnOptions | null | undefined,
): ResultStream<Message<unknown>> => {
  const listening = listenTo(at.parts, options)
  return new Stream(at.parts.kernel.diagnostics.threw, (to) => {
    const { rooms } = at.parts
    const { turns } = at.parts.kernel
    let room: RoomRecord | undefined
    turns.command(() => {
      const because = at.parts.over() ?? at.fault ?? listening.fault
      if (because) {
        turns.publish(() => {
          answer(to, E.left(because))
        })
      } else if (!to.closed) {
        room = rooms.interest.of(at.name)
        rooms.sinks.add(room, selector, to, listening.intercept)
        rooms.interest.hold(room)
      }
    })
    return () => {
      turns.command(() => {
        if (!room) return
        rooms.sinks.remove(room, to)
        rooms.members.release(room)
      })
    }
  })
}
