import type { StandardSchemaV1 } from '@standard-schema/spec'
import { from } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { answerOf } from './answer.js'
import { compared, less, same } from './compared.js'
import { type Decoder, type Encoder, failure, mismatch, type Mismatch } from './mismatch.js'

/** Decodes to the output of a Standard Schema. */
export const standardDecoder =
  (schema: StandardSchemaV1): Decoder =>
  (raw) =>
    validated(schema, raw)

/**
 * Checks the input of a Standard Schema and sends it unchanged: the receiver makes the output. Members that the schema
 * strips are not sent, if it changes nothing else: they may be secrets.
 */
export const standardEncoder =
  (schema: StandardSchemaV1): Encoder =>
  (value) => {
    const answer = validated(schema, value)
    if (E.isLeft(answer)) return answer
    const { right: output } = answer
    return E.right(compared(output, value) === less && isFixed(schema, output) ? output : value)
  }

/** True if the schema maps its output to itself. */
const isFixed = (schema: StandardSchemaV1, output: unknown): boolean => {
  const again = validated(schema, output)
  return E.isRight(again) && compared(again.right, output) === same
}

const validated = (schema: StandardSchemaV1, value: unknown): Either<Mismatch, unknown> =>
  answerOf(() => read(schema['~standard'].validate(value), value))

/** Reads a validator's answer without trusting it: foreign code made it. */
const read = (answer: unknown, value: unknown): Either<Mismatch, unknown> => {
  if (typeof answer !== 'object' || answer === null) return E.left(failure('a validator that answers', String(answer)))
  if ('then' in answer && typeof answer.then === 'function') {
    hush(answer as PromiseLike<unknown>)
    return E.left(failure('a synchronous validator', 'a promise'))
  }
  const { issues, value: output } = answer as { readonly issues?: unknown; readonly value?: unknown }
  if (!issues) return E.right(output)
  const [issue] = issues as readonly Partial<StandardSchemaV1.Issue>[]
  const path = (issue?.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return E.left(mismatch(path, issue?.message ?? 'what the schema says', follow(value, path)))
}

/** Handles the rejection of a refused promise, which must not end the process. */
const hush = (answer: PromiseLike<unknown>): void => {
  from(answer).subscribe({ error: () => undefined })
}

const follow = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key)
        ? (part as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value,
  )
