import * as E from '#fp/Either'
import type { ObservableInput } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Answered } from '../../contract/declared.js'
import type { CallType, Calls, HandlerInput } from '../../contract/call-type.js'
import type { AnyContract } from '../../contract/contract.js'
import { isContract } from '../../contract/event-codec.js'
import { invalid } from '../../core/check.js'
import { type ConfigError, excerpt } from '../../core/error.js'
import { guard } from '../../core/guard.js'
import { isPlain } from '../../core/plain.js'
import type { Caller, Handled, RoomCaller } from './handled.js'

/**
 * Answers a call. Returns the answer, a promise of it, or an Observable: its first value is the answer, of a `stream` each
 * value is one and the completion is its end. `Left` takes an error of the contract, made by `declared`; it ends a stream. A handler that
 * throws, errors or answers something else fails the call: the client gets `call/failed` without any text, the
 * application a fault. The server unsubscribes when the answer is no longer wanted.
 */
export type CallHandler<T extends CallType, C extends Caller = Caller> = (
  input: HandlerInput<T>,
  caller: C,
) => Answered<T> | ObservableInput<Answered<T>>

/** A handler for each call of a contract. */
export type CallHandlers<P extends Calls, C extends Caller = Caller> = {
  readonly [K in keyof P]: CallHandler<P[K], C>
}

/** The answers to the calls of a contract. Made by `answers` and `serverAnswers`, for the option `calls`. */
export interface Answers {
  /** The calls are about rooms, or about the server. */
  readonly of: 'room' | 'server'
  readonly handled: readonly Handled[]
  readonly fault?: ConfigError | undefined
}

const answersOf = (of: Answers['of'], contract: unknown, handlers: unknown): Answers => {
  const read = guard(() => handledOf(contract, handlers))
  if (E.isLeft(read)) return { of, handled: [], fault: wrong('a contract and its handlers', read.left) }
  return E.isLeft(read.right) ? { of, handled: [], fault: read.right.left } : { of, handled: read.right.right }
}

const wrong = (expected: string, actual: string): ConfigError => invalid('calls', 'value', { expected, actual })

const handledOf = (contract: unknown, handlers: unknown): Either<ConfigError, readonly Handled[]> => {
  if (!isContract(contract) || !hasCalls(contract))
    return E.left(wrong('a contract with `calls` as the first argument of answers', excerpt(contract)))
  const [fault] = contract.faults
  if (fault !== undefined) return E.left(wrong('a sound contract', `not sound: ${fault}`))
  if (!isPlain(handlers)) return E.left(wrong('a handler for each call of the contract', excerpt(handlers)))
  const names = Object.keys(contract.calls)
  const missing = names.find((name) => typeof handlers[name] !== 'function')
  if (missing !== undefined) return E.left(wrong(`a function as the handler of ${missing}`, excerpt(handlers[missing])))
  const unknown = Object.keys(handlers).find((name) => !names.includes(name))
  if (unknown !== undefined) return E.left(wrong('handlers of the calls of the contract', `one of ${unknown}`))
  return E.right(
    Object.entries(contract.calls).map(([name, type]) => ({ name, type, run: handlers[name] as Handled['run'] })),
  )
}

const hasCalls = (contract: object): contract is Pick<AnyContract, 'calls' | 'faults'> =>
  isPlain((contract as Partial<AnyContract>).calls) && Array.isArray((contract as Partial<AnyContract>).faults)

/**
 * Answers the calls of a contract in rooms: clients call them with `calls` of `rx-rooms/calls` on a room. They need the
 * permission `read` of the room, a `command` needs `publish`. With an invalid contract or handler, no server opens.
 */
export const answers = <C extends AnyContract>(contract: C, handlers: CallHandlers<C['calls'], RoomCaller>): Answers =>
  answersOf('room', contract, handlers)

/**
 * Answers the calls of a contract that are about no room: clients call them with `clientCalls` of `rx-rooms/calls`. Every
 * welcomed client may: the handler decides by the caller's user and roles. With an invalid contract or handler, no server
 * opens.
 */
export const serverAnswers = <C extends AnyContract>(contract: C, handlers: CallHandlers<C['calls']>): Answers =>
  answersOf('server', contract, handlers)
