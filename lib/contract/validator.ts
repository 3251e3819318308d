import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Either } from 'fp-ts/lib/Either.js'

/** One error of io-ts, with the fields that this module reads. */
export interface IoTsError {
  readonly value: unknown
  readonly context: readonly {
    readonly key: string
    readonly type: { readonly name: string }
    readonly actual?: unknown
  }[]
  readonly message?: string | undefined
}

/** An io-ts codec by its shape, so that any copy of io-ts works. */
export interface IoTs {
  readonly _A: unknown
  readonly name: string
  readonly is: (value: unknown) => boolean
  readonly validate: (raw: unknown, context: never) => unknown
  readonly decode: (raw: unknown) => Either<readonly IoTsError[], unknown>
  readonly encode: (value: never) => unknown
}

/** A payload assumed to be a `T` and never checked. Made by `unchecked`. */
export interface Unchecked<T> {
  readonly _tag: 'Unchecked'
  readonly believe: (raw: unknown) => T
}

/** A description of a payload: an io-ts codec, a Standard Schema (zod, valibot, arktype, …), or `unchecked`. */
export type Validator = IoTs | StandardSchemaV1 | Unchecked<unknown>

/** The type to send: the type that io-ts encodes from, the input of a Standard Schema. */
export type InputOf<V> =
  V extends StandardSchemaV1<infer Input, infer _Output>
    ? Input
    : V extends Unchecked<infer T>
      ? T
      : V extends { readonly _A: infer A }
        ? A
        : never

/** The type on receipt: the type that io-ts decodes to, the output of a Standard Schema. */
export type OutputOf<V> =
  V extends StandardSchemaV1<infer _Input, infer Output>
    ? Output
    : V extends Unchecked<infer T>
      ? T
      : V extends { readonly _A: infer A }
        ? A
        : never

const believing: Unchecked<unknown> = /*#__PURE__*/ Object.freeze({
  _tag: 'Unchecked' as const,
  believe: (raw: unknown) => raw,
})

/**
 * Accepts payloads unchanged, as `T`, at no cost. For trusted peers and high message rates: a payload of another type
 * goes unnoticed here.
 */
export const unchecked = <T>(): Unchecked<T> => believing as Unchecked<T>

const field = (value: unknown, name: string): unknown =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

export const isStandard = (value: unknown): value is StandardSchemaV1 =>
  typeof field(field(value, '~standard'), 'validate') === 'function'

/** Codecs made with `new t.Type` have no `_tag`; all have these methods. */
export const isIoTs = (value: unknown): value is IoTs =>
  ['is', 'validate', 'decode', 'encode'].every((name) => typeof field(value, name) === 'function')

export const isUnchecked = (value: unknown): value is Unchecked<unknown> => field(value, '_tag') === 'Unchecked'
