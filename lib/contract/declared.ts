import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { CallType, DeclaredErrors, HandlerOutput } from './call-type.js'
import type { InputOf } from './validator.js'

/** An error that a contract declares, as a handler returns it. */
export interface Declaration<K extends string = string, V = unknown> {
  readonly error: K
  readonly value: V
}

/** The errors that a handler may return. */
export type DeclaredOf<E extends DeclaredErrors> = {
  readonly [K in keyof E & string]: Declaration<K, InputOf<E[K]>>
}[keyof E & string]

/** The answer of a handler. */
export type Answered<T extends CallType> = Either<DeclaredOf<T['errors']>, HandlerOutput<T>>

/** Makes an error that the contract declares, for a handler to return. */
export const declared = <K extends string, V = undefined>(
  error: K,
  ...[value]: undefined extends V ? [value?: V] : [value: V]
): Either<Declaration<K, V>, never> => E.left({ error, value: value as V })
