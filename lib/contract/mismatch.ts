import type { Either } from 'fp-ts/lib/Either.js'
import { excerpt } from '../core/error.js'

/** Where and how a payload differs from its contract. Bounded: it never holds the payload. */
export interface Mismatch {
  /** Keys from the payload down to the culprit, at most 128 characters: `'author.name'`; `''` is the payload itself. */
  readonly path: string
  /** At most 64 characters. */
  readonly expected: string
  /** An excerpt of the culprit, at most 64 characters. */
  readonly actual: string
}

/** Reads a payload off the wire. Total: never throws, never waits. */
export type Decoder = (raw: unknown) => Either<Mismatch, unknown>

/** Makes a value ready for the wire. Total: never throws, never waits. */
export type Encoder = (value: unknown) => Either<Mismatch, unknown>

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

/** A mismatch at a place of a payload, within bounds. */
export const mismatch = (path: readonly PropertyKey[], expected: string, actual: unknown): Mismatch =>
  failure(expected, excerpt(actual), path)

/** A mismatch with its words as they are: `said` is what was there, or what went wrong. */
export const failure = (expected: string, said: string, path: readonly PropertyKey[] = []): Mismatch => ({
  path: cut(path.map(String).join('.'), 128),
  expected: cut(expected, 64),
  actual: cut(said, 64),
})
