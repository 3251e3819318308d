import * as E from '#fp/Either'
import {
  catchError,
  defaultIfEmpty,
  defer,
  from,
  map,
  type Observable,
  type ObservableInput,
  of,
  Subscription,
  take,
} from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { isPlain } from '../../core/plain.js'
import { excerpt } from '../../core/error.js'
import { unhandled } from '../../core/stream.js'
import { guard, thrownText } from '../../core/guard.js'
import { readLength } from '../../core/redact.js'
import type { Mismatch } from '../../contract/mismatch.js'
import type { Reply } from '../../protocol/frame.js'
import { payloadFlaw } from '../../protocol/field.js'
import { escapedPlain } from '../../protocol/payload.js'
import { byteLength } from '../../protocol/utf8.js'
import type { Handled } from './handled.js'

/** The content of a reply: a value, or a declared error. */
export type Body =
  | { readonly _tag: 'Value'; readonly data: unknown }
  | { readonly _tag: 'Error'; readonly error: string; readonly data: unknown }

type Typed = Pick<Handled, 'type'>

/** The answers of what a handler has returned. Never errors. */
export const bodiesOf = (of: Typed, given: unknown): Observable<Either<string, Body>> =>
  defer(() => answersOf(given)).pipe(
    map((answer) => bodyOf(of, answer)),
    catchError(failure),
  )

const failure = (thrown: unknown): Observable<Either<string, never>> => of(E.left(thrownText(thrown, readLength)))

/** Returns the answers that a handler gives: an answer itself is the only one. */
export const answersOf = (answer: unknown): Observable<unknown> =>
  isPlain(answer) && isEither(answer) ? of(answer) : from(answer as ObservableInput<unknown>)

const isEither = ({ _tag }: Readonly<Record<string, unknown>>): boolean => _tag === 'Right' || _tag === 'Left'

/** Makes a reply of a body; `word` is that of a value. */
export const replyOf = (n: number, word: 'value' | 'last', said: Body): Omit<Reply, 'ch'> => ({
  t: 'reply',
  n,
  ...(said._tag === 'Value' ? { is: word } : { is: 'error', error: said.error }),
  ...(said.data !== undefined && { data: said.data }),
})

/**
 * Calls a handler, and gives its only answer to `then`: `Left` is the reason of its failure, for the application. An answer
 * that is there at once costs no Observable. The result gives up the answer.
 */
export const body = (of: Typed, run: () => unknown, then: (said: Either<string, Body>) => void): Subscription => {
  const given = guard(run, readLength)
  if (E.isLeft(given)) then(given)
  else {
    const only = onlyOf(given.right)
    if (!only)
      return bodiesOf(of, given.right).pipe(take(1), defaultIfEmpty(empty)).subscribe({ next: then, error: unhandled })
    then(E.isLeft(only) ? only : bodyOf(of, only.right))
  }
  return Subscription.EMPTY
}

const empty = E.left('it completed without an answer')

/** Returns an answer that is given itself, or in a list; `undefined`: it has to be waited for. */
const onlyOf = (given: unknown): Either<string, unknown> | undefined => {
  if (Array.isArray(given)) return given.length === 0 ? empty : E.right(given[0])
  return isPlain(given) && isEither(given) ? E.right(given) : undefined
}

/** Returns the bytes of the payload of a body as JSON. */
export const sizeOf = ({ data }: Body): number => (data === undefined ? 0 : byteLength(JSON.stringify(data)))

/** Encodes an answer. */
export const bodyOf = (of: Typed, answer: unknown): Either<string, Body> => {
  const read = guard(() => encoded(of, answer), readLength)
  return E.isLeft(read) ? read : read.right
}

const encoded = ({ type }: Typed, answer: unknown): Either<string, Body> => {
  const { _tag, right, left } = isPlain(answer) ? answer : nothing
  if (_tag === 'Right') {
    const data = dataOf(type.codecs.output.encode(right))
    return E.isLeft(data) ? E.left(`its output: ${data.left}`) : E.right({ _tag: 'Value', data: data.right })
  }
  if (_tag !== 'Left') return E.left(`expected an Either, got ${excerpt(answer)}`)
  const { error, value } = isPlain(left) ? left : nothing
  if (typeof error !== 'string' || !Object.hasOwn(type.errors, error))
    return E.left(`it returned an error that the contract does not declare: ${excerpt(error ?? left)}`)
  const data = dataOf(type.codecs.error(error).encode(value))
  return E.isLeft(data)
    ? E.left(`the value of its error ${error}: ${data.left}`)
    : E.right({ _tag: 'Error', error, data: data.right })
}

const nothing: Readonly<Record<string, unknown>> = {}

/** Returns the payload of an encoded value. */
const dataOf = (encoded: Either<Mismatch, unknown>): Either<string, unknown> => {
  if (E.isLeft(encoded)) return E.left(mismatchText(encoded.left))
  if (encoded.right === undefined) return encoded
  const data = escapedPlain(encoded.right)
  return data === encoded.right || payloadFlaw(data) === undefined ? E.right(data) : E.left('it nests too deep')
}

/** Describes a misfit by its place, the expected value and the excerpt of the actual one. */
export const mismatchText = ({ path, expected, actual }: Mismatch): string =>
  `expected ${expected}${path === '' ? '' : ` at ${path}`}, got ${actual}`
