import * as E from '#fp/Either'
import { answerOf } from './answer.js'
import { locate } from './locate.js'
import { type Decoder, type Encoder, mismatch, type Mismatch } from './mismatch.js'
import type { IoTs, IoTsError } from './validator.js'

/** Decodes with an io-ts codec. */
export const ioTsDecoder =
  (codec: IoTs): Decoder =>
  (raw) =>
    answerOf(() => {
      const decoded = codec.decode(raw)
      return E.isRight(decoded) ? decoded : E.left(explain(codec, raw, decoded.left))
    })

/** Encodes with an io-ts codec a value of its type; omits members that `t.strict` does not name. */
export const ioTsEncoder =
  (codec: IoTs): Encoder =>
  (value) =>
    answerOf(() => (codec.is(value) ? E.right(codec.encode(value as never)) : E.left(locate(codec, value))))

type Context = IoTsError['context']

/** The first error, reported at the union if several of its alternatives failed. */
const explain = (codec: IoTs, raw: unknown, errors: readonly IoTsError[]): Mismatch => {
  const [first] = errors
  if (!first) return mismatch([], codec.name, raw)
  const { context } = first
  const union = context.findIndex((entry, depth) => isUnion(entry.type) && errors.some(tried(context, depth)))
  const told = union < 0 ? context : context.slice(0, union + 1)
  const last = told[told.length - 1]
  const expected = (union < 0 ? first.message : undefined) ?? last?.type.name ?? codec.name
  return mismatch(keys(told), expected, last?.actual)
}

/** True for an error of another alternative of the union at `depth`: contexts share entries. */
const tried =
  (context: Context, depth: number) =>
  (other: IoTsError): boolean =>
    other.context[depth] === context[depth] && other.context[depth + 1]?.key !== context[depth + 1]?.key

/** The keys of a context, without io-ts's indices of union and intersection members. */
const keys = (context: Context): readonly string[] =>
  context.flatMap(({ key }, depth) => {
    const parent = context[depth - 1]
    return parent && !isUnion(parent.type) && !isIntersection(parent.type) ? [key] : []
  })

const tagged =
  (tag: string) =>
  (type: object): boolean =>
    '_tag' in type && type._tag === tag
const isUnion = tagged('UnionType')
const isIntersection = tagged('IntersectionType')
