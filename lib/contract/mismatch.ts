import type { Either } from 'fp-ts/lib/Either.js'
import { excerpt } from '../core/error.js'

/** The place and kind of a payload's difference from its contract. Bounded: it never holds the payload. */
export interface Mismatch {
  /** Keys from the payload down to the invalid value, at most 128 characters: `'author.name'`; `''` is the payload itself. */
  readonly path: string
  /** At most 64 characters. */
  readonly expected: string
  /** An excerpt of the invalid value, at most 64 characters. */
  readonly actual: string
}

/** Decodes a payload from the wire. Total: never throws, never waits. */
export type Decoder = (raw: unknown) => Either<Mismatch, unknown>

/** Encodes a value for the wire. Total: never throws, never waits. */
export type Encoder = (value: unknown) => Either<Mismatch, unknown>

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

/** Makes a mismatch at a place of a payload, within bounds. */
export const mismatch = (path: readonly PropertyKey[], expected: string, actual: unknown): Mismatch =>
  failure(expected, excerpt(actual), path)

/** Makes a mismatch with a given text: `said` is the actual value or the failure. */
export const failure = (expected: string, said: string, path: readonly PropertyKey[] = []): Mismatch => ({
  path: cut(path.map(String).join('.'), 128),
  expected: cut(expected, 64),
  actual: cut(said, 64),
})
