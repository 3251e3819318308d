import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { isCount, isFields, isList, isName, wrongSecret } from './field.js'
import {
  bounds,
  type Durability,
  type Hello,
  type Join,
  type Limits,
  type LimitsChanged,
  type Welcome,
} from './frame.js'
import { joinFault, knownJoin } from './join.js'

/**
 * Decodes a hello, without fields unknown to this version. `Left` gives the expected value and its place, and quotes no
 * text.
 */
export const decodeHello = (raw: unknown): Either<string, Hello> => {
  const result = HelloCodec.decode(raw)
  if (E.isLeft(result)) return E.left(explain('hello', result.left))
  const { token, session, messageBytes, ...rest } = result.right
  const { resume, ...claim } = session
  return E.right({
    ...rest,
    session: resume === undefined ? claim : { ...claim, resume },
    ...(token === undefined ? {} : { token }),
    ...(messageBytes === undefined ? {} : { messageBytes }),
  })
}

/** Decodes a welcome, without fields unknown to this version. */
export const decodeWelcome = (raw: unknown): Either<string, Welcome> => {
  const result = WelcomeCodec.decode(raw)
  if (E.isLeft(result)) return E.left(explain('welcome', result.left))
  const { tokenExpiresInMs, lanes, limits, ...rest } = result.right
  return E.right({
    ...rest,
    limits: announced(limits),
    ...(tokenExpiresInMs === undefined ? {} : { tokenExpiresInMs }),
    ...(lanes === undefined ? {} : { lanes }),
  })
}

/** Decodes changed limits. */
export const decodeLimits = (raw: unknown): Either<string, LimitsChanged> => {
  const result = LimitsFrame.decode(raw)
  return E.isLeft(result)
    ? E.left(explain('limits', result.left))
    : E.right({ t: 'limits', limits: announced(result.right.limits) })
}

// ---- codecs

const word = <A>(expected: string, is: (value: unknown) => value is A): t.Type<A, A> =>
  new t.Type(
    expected,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
    (value) => value,
  )

/** An optional field; `null` does not count as absent. */
const optional = <A>(codec: t.Type<A, A>): t.Type<A | undefined, A | undefined> =>
  new t.Type(
    codec.name,
    (value): value is A | undefined => value === undefined || codec.is(value),
    (value, context) => (value === undefined ? t.success(value) : codec.validate(value, context)),
    (value) => value,
  )

/** A list, judged by its first invalid item: a long invalid list must not cost more than a valid one. */
const listOf = <A>(expected: string, item: t.Type<A, A>): t.Type<readonly A[], readonly A[]> =>
  new t.Type<readonly A[], readonly A[]>(
    expected,
    (value): value is readonly A[] => isList(value) && value.every(item.is),
    (value, context) => {
      if (!isList(value)) return t.failure(value, context)
      const items: A[] = []
      for (const [at, raw] of value.entries()) {
        const result = item.validate(raw, t.appendContext(context, String(at), item, raw))
        if (E.isLeft(result)) return result
        items.push(result.right)
      }
      return t.success(items)
    },
    (value) => value,
  )

const Text = /*#__PURE__*/ word('a text', (value): value is string => typeof value === 'string')
const Secret = /*#__PURE__*/ word(
  'a text that is not empty',
  (value): value is string => typeof value === 'string' && value !== '',
)
const Id = /*#__PURE__*/ word(`a text of 1 to ${bounds.idBytes} bytes`, (value): value is string =>
  isName(value, bounds.idBytes),
)
const Count = /*#__PURE__*/ word('a whole number from 0', isCount)
const Texts = /*#__PURE__*/ listOf('a list of texts', Text)

/** An unknown level is read as the weakest. */
const DurabilityWord = /*#__PURE__*/ new t.Type<Durability, Durability, unknown>(
  'a text',
  isDurability,
  (value, context) =>
    typeof value === 'string' ? t.success(isDurability(value) ? value : 'memory') : t.failure(value, context),
  (value) => value,
)

const JoinCodec = /*#__PURE__*/ new t.Type<Join, Join, unknown>(
  'a join',
  (value): value is Join => joinFault(value) === undefined,
  (value, context) => {
    const fault = joinFault(value)
    return fault === undefined ? t.success(knownJoin(value as Join)) : t.failure(value, context, fault)
  },
  (value) => value,
)

const Fields = /*#__PURE__*/ word('an object without reserved keys', isFields)

/** An object of exactly these fields. */
const exactly = <P extends t.Props>(props: P) => Fields.pipe(t.strict(props, Fields.name), Fields.name)

const HelloCodec = /*#__PURE__*/ exactly({
  t: /*#__PURE__*/ t.literal('hello'),
  can: Texts,
  token: /*#__PURE__*/ optional(Secret),
  session: /*#__PURE__*/ exactly({ instance: Id, generation: Count, resume: /*#__PURE__*/ optional(Secret) }),
  messageBytes: /*#__PURE__*/ optional(Count),
  rooms: /*#__PURE__*/ listOf('a list of joins', JoinCodec),
})

const LimitsCodec = /*#__PURE__*/ exactly({
  messageBytes: Count,
  rooms: Count,
  joinsPerFrame: Count,
  publishesPerSecond: Count,
  unseenBytes: Count,
  dedupeMs: Count,
  history: /*#__PURE__*/ optional(Count),
  framesPerSecond: /*#__PURE__*/ optional(Count),
  bytesPerSecond: /*#__PURE__*/ optional(Count),
  joinsPerSecond: /*#__PURE__*/ optional(Count),
  pagesPerSecond: /*#__PURE__*/ optional(Count),
})

const LimitsFrame = /*#__PURE__*/ exactly({ t: /*#__PURE__*/ t.literal('limits'), limits: LimitsCodec })

const WelcomeCodec = /*#__PURE__*/ exactly({
  t: /*#__PURE__*/ t.literal('welcome'),
  can: Texts,
  session: /*#__PURE__*/ exactly({ id: Id, resume: Secret, expiresInMs: Count }),
  user: Text,
  roles: Texts,
  tokenExpiresInMs: /*#__PURE__*/ optional(Count),
  heartbeat: /*#__PURE__*/ exactly({ intervalMs: Count, graceMs: Count }),
  limits: LimitsCodec,
  durability: DurabilityWord,
  lanes: /*#__PURE__*/ optional(Id),
})

// ---- helpers

function isDurability(value: unknown): value is Durability {
  return value === 'memory' || value === 'process' || value === 'disk' || value === 'replicated'
}

/** Drops absent limits. */
const announced = (limits: t.TypeOf<typeof LimitsCodec>): Limits =>
  Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)) as unknown as Limits

/** Quotes nothing of a hello or welcome: a secret may stand in any wrong place. */
const explain = (frame: string, errors: t.Errors): string => {
  const [error] = errors
  if (error === undefined) return `${frame}: expected a greeting`
  const { context, message, value } = error
  const where = [frame, ...context.map(({ key }) => key).filter((key) => key !== '')].join('.')
  return message === undefined
    ? wrongSecret(where, context.at(-1)?.type.name ?? 'another value', value)
    : `${where}: ${message}`
}
