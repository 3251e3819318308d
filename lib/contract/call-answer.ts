import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { type DeclaredError, declaredError, type WebSocketError } from '../core/error.js'
import { frozen } from '../core/frozen.js'
import { told } from '#texts'
import { type CallNames, unreadableAnswer } from './call-failure.js'
import type { CallOutput, Calls, CallType, DeclaredErrors } from './call-type.js'
import type { OutputOf } from './validator.js'

/** The errors of a call: those of the client and the server, and those that the contract declares, by `error`. */
export type CallFailure<T extends CallType> = Exclude<WebSocketError, DeclaredError> | Declared<T['errors']>

type Declared<E extends DeclaredErrors> = {
  readonly [K in keyof E & string]: DeclaredError<K, OutputOf<E[K]>>
}[keyof E & string]

/** A member of a room: a session of a user. */
export interface AskedMember {
  readonly user: string
  readonly session: string
}

/** The answer of one member to a call to the members of a room. */
export interface MemberResult<T extends CallType = CallType> {
  readonly member: AskedMember
  /** `Left`: an error that the contract declares, or the reason why this member has no answer. */
  readonly result: Either<CallFailure<T>, CallOutput<T>>
}

/** The names of the calls that members answer: queries and commands. */
export type Askable<P extends Calls> = {
  readonly [K in keyof P & string]: P[K] extends CallType<'stream'> ? never : K
}[keyof P & string]

type Answer = Either<WebSocketError, unknown>

/** Reads the output of a call by its type; `payload` is without quotes of the wire. */
export const outputOf = (type: CallType, names: CallNames, payload: unknown): Answer => {
  const output = type.codecs.output.decode(payload)
  return E.isRight(output) ? E.right(frozen(output.right)) : E.left(unreadableAnswer(names, output.left))
}

/** Reads an error that the contract declares. */
export const declaredOf = (type: CallType, names: CallNames, error: string, payload: unknown): Answer => {
  const read = type.codecs.error(error).decode(payload)
  if (E.isLeft(read)) return E.left(unreadableAnswer(names, read.left))
  const { call, id } = names
  return E.left(
    declaredError({
      ...told('call/declared', { call, error }),
      kind: 'terminal',
      error,
      value: frozen(read.right),
      call,
      id,
    }),
  )
}

/** Returns the type of a call. Contracts of a copy of the library that knows no calls have none. */
export const callTypeOf = ({ calls }: { readonly calls?: Calls | undefined }, call: string): CallType | undefined =>
  calls && Object.hasOwn(calls, call) ? calls[call] : undefined
