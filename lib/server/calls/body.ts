import * as E from '#fp/Either'
import { catchError, defaultIfEmpty, defer, from, map, type Observable, type ObservableInput, of, take } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import { isPlain } from '../../core/plain.js'
import { excerpt } from '../../core/error.js'
import { guard, thrownText } from '../../core/guard.js'
import { readLength } from '../../core/redact.js'
import type { Mismatch } from '../../contract/mismatch.js'
import type { Reply } from '../../protocol/frame.js'
import { escapedPlain, payloadJson } from '../../protocol/payload.js'
import { byteLength } from '../../protocol/utf8.js'
import type { Handled } from './handled.js'

/** The content of a reply: a value, or a declared error. */
export type Body =
  | { readonly _tag: 'Value'; readonly data: unknown; readonly bytes: number }
  | { readonly _tag: 'Error'; readonly error: string; readonly data: unknown; readonly bytes: number }

type Typed = Pick<Handled, 'type'>

/** The answers of what a handler has returned. Never errors. */
export const bodiesOf = (of: Typed, given: unknown): Observable<Either<string, Body>> =>
  defer(() => answersOf(given)).pipe(
    map((answer) => bodyOf(of, answer)),
    catchError(failure),
  )

const failure = (thrown: unknown): Observable<Either<string, never>> => of(E.left(thrownText(thrown, readLength)))

/** An answer itself is the only one. */
const answersOf = (answer: unknown): Observable<unknown> =>
  isPlain(answer) && isEither(answer) ? of(answer) : from(answer as ObservableInput<unknown>)

const isEither = ({ _tag }: Readonly<Record<string, unknown>>): boolean => _tag === 'Right' || _tag === 'Left'

/** Makes a reply of a body; `word` is that of a value. */
export const replyOf = (n: number, word: 'value' | 'last', said: Body): Omit<Reply, 'ch'> => ({
  t: 'reply',
  n,
  ...(said._tag === 'Value' ? { is: word } : { is: 'error', error: said.error }),
  ...(said.data !== undefined && { data: said.data }),
})

/** The only answer of a handler, which `run` calls: `Left` is the reason of its failure, for the application. Never errors. */
export const body = (of: Typed, run: () => unknown): Observable<Either<string, Body>> =>
  defer(() => bodiesOf(of, run())).pipe(
    catchError(failure),
    take(1),
    defaultIfEmpty(E.left('it completed without an answer')),
  )

/** Encodes an answer. */
export const bodyOf = (of: Typed, answer: unknown): Either<string, Body> => {
  const read = guard(() => encoded(of, answer), readLength)
  return E.isLeft(read) ? read : read.right
}

const encoded = ({ type }: Typed, answer: unknown): Either<string, Body> => {
  const { _tag, right, left } = isPlain(answer) ? answer : nothing
  if (_tag === 'Right') {
    const data = dataOf(type.codecs.output.encode(right))
    return E.isLeft(data) ? E.left(`its output: ${data.left}`) : E.right({ _tag: 'Value', ...data.right })
  }
  if (_tag !== 'Left') return E.left(`expected an Either, got ${excerpt(answer)}`)
  const { error, value } = isPlain(left) ? left : nothing
  if (typeof error !== 'string' || !Object.hasOwn(type.errors, error))
    return E.left(`it returned an error that the contract does not declare: ${excerpt(error ?? left)}`)
  const data = dataOf(type.codecs.error(error).encode(value))
  return E.isLeft(data)
    ? E.left(`the value of its error ${error}: ${data.left}`)
    : E.right({ _tag: 'Error', error, ...data.right })
}

const nothing: Readonly<Record<string, unknown>> = {}

/** Returns the payload of an encoded value, with its size. */
const dataOf = (
  encoded: Either<Mismatch, unknown>,
): Either<string, { readonly data: unknown; readonly bytes: number }> => {
  if (E.isLeft(encoded)) return E.left(mismatchText(encoded.left))
  const text = payloadJson(encoded.right)
  if (text === undefined) return E.left('it nests too deep')
  return E.right({
    data: encoded.right === undefined ? undefined : escapedPlain(encoded.right),
    bytes: byteLength(text),
  })
}

/** Describes a misfit by its place, the expected value and the excerpt of the actual one. */
export const mismatchText = ({ path, expected, actual }: Mismatch): string =>
  `expected ${expected}${path === '' ? '' : ` at ${path}`}, got ${actual}`
