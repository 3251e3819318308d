import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import * as t from 'io-ts'
import type { SchedulerLike } from 'rxjs'
import type { Transport } from '../core/ports.js'
import { classify } from '../connection/classify.js'
import { configError, type ConfigError, excerpt } from '../core/error.js'
import { filled } from '../core/filled.js'
import { guard } from '../core/guard.js'
import { randomId } from '../core/ids.js'
import { chance, monotonic, wall } from '../core/platform.js'
import type { OutboxConfig } from '../outbox/model.js'
import type { Overflow } from '../outbox/overflow.js'
import { pageHints } from './hints.js'
import { type ClientOptions, defaults } from './options.js'

/** Options with every default filled in. */
export type Config = ReturnType<typeof complete>

/** Checks options at run time and fills in the defaults; `Left` says what is wrong and what to write instead. */
export const configure = (options: unknown, transport: () => Transport): Either<ConfigError, Config> => {
  const read = guard(() => decode(options, transport))
  return E.isRight(read)
    ? read.right
    : E.left(nonsense('options', `The options throw: ${read.left}`, 'Write plain ones.'))
}

const decode = (options: unknown, transport: () => Transport): Either<ConfigError, Config> => {
  const decoded = Options.validate(options, [{ key: '', type: Options }])
  if (E.isLeft(decoded)) return E.left(explain(decoded.left))
  const typo = strays(options as object, Options.known)
  if (typo !== undefined) return E.left(nonsense(typo, `There is no option ${typo}.`, 'Look at ClientOptions.'))
  const given = options as ClientOptions
  const fault = typeof given.url === 'function' ? identityFault(given) : (urlFault(given.url) ?? identityFault(given))
  return fault === undefined ? E.right(complete(given, transport)) : E.left(fault)
}

const identityFault = ({ store: given, identity: user }: ClientOptions): ConfigError | undefined =>
  given !== undefined && user === undefined
    ? nonsense(
        'identity',
        'There is a store and no identity: nobody knows whose data it is.',
        'Write the user as the server names it.',
      )
    : undefined

/** What is wrong with a url, if anything is. */
export const urlFault = (text: unknown): ConfigError | undefined => {
  const example = 'Write something like wss://rooms.example.com.'
  const parsed = guard(() => new URL(String(text)))
  if (typeof text !== 'string' || E.isLeft(parsed))
    return nonsense('url', `url is ${excerpt(shown(text))}, no URL.`, example)
  const { protocol, searchParams, hash } = parsed.right
  if (protocol !== 'ws:' && protocol !== 'wss:')
    return nonsense('url', `url begins with ${protocol}, not ws: or wss:.`, example)
  if (hash !== '') return nonsense('url', 'url has a #fragment, which WebSockets do not take.', example)
  for (const name of searchParams.keys()) {
    if (/(^|[-_.])(access)?(token|jwt|auth|authorization|password|secret|api[-_]?key)$/i.test(name))
      return nonsense('url', `url carries "${name}": URLs end up in logs.`, 'Give it by the option token.')
  }
  return undefined
}

/** Without what may be a secret. */
const shown = (url: unknown): unknown =>
  typeof url === 'string' ? url.replace(/\/\/.*@/, '//***@').replace(/\?.*/, '?***') : url

/** What a client that is closed from the start runs on. */
export const fallback = (transport: () => Transport): Config => complete({ url: 'ws://localhost' }, transport)

const complete = (given: ClientOptions, transport: () => Transport) => ({
  url: given.url,
  token: given.token,
  transport: given.transport ?? transport(),
  autoConnect: given.autoConnect ?? defaults.autoConnect,
  backoff: filled(defaults.backoff, given.backoff),
  deadlines: filled(defaults.deadlines, given.deadlines),
  settleMs: given.settleMs ?? defaults.settleMs,
  lingerMs: given.lingerMs ?? defaults.lingerMs,
  renewal: filled(defaults.renewal, given.renewal),
  outbox: filled<OutboxConfig>(defaults.outbox, given.outbox),
  store: given.store,
  identity: given.identity,
  storing: filled(defaults.storing, given.storing),
  history: filled(defaults.history, given.history),
  messageBytes: given.messageBytes ?? defaults.messageBytes,
  classify: given.classify ?? classify,
  hints$: given.hints$ ?? pageHints,
  scheduler: given.scheduler ?? monotonic,
  wall: given.wall ?? wall,
  random: given.random ?? chance,
  ids: given.ids ?? randomId,
})

const nonsense = (option: string, message: string, remedy: string): ConfigError =>
  configError({ code: 'config/invalid', message, remedy, kind: 'terminal', option })

const kind = <A>(expected: string, is: (value: unknown) => value is A): t.Type<A, A> =>
  new t.Type(
    expected,
    is,
    (value, context) => (is(value) ? t.success(value) : t.failure(value, context)),
    (value) => value,
  )
const isFunction = (value: unknown): value is () => unknown => typeof value === 'function'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const has = (value: unknown, method: string): boolean =>
  typeof value === 'object' && value !== null && method in value && isFunction(value[method as keyof typeof value])

const text = /*#__PURE__*/ kind(
  'a text or a function that gives one',
  (value): value is string => typeof value === 'string' || isFunction(value),
)
const callable = /*#__PURE__*/ kind('a function', isFunction)
const yesOrNo = /*#__PURE__*/ kind('true or false', (value): value is boolean => typeof value === 'boolean')
const ms = /*#__PURE__*/ kind(
  'a number of milliseconds, 0 or more',
  (value): value is number => isNumber(value) && value >= 0,
)
const time = /*#__PURE__*/ kind(
  'a number of milliseconds above 0',
  (value): value is number => isNumber(value) && value > 0,
)
const count = /*#__PURE__*/ kind(
  'a whole number above 0',
  (value): value is number => Number.isInteger(value) && (value as number) > 0,
)
const factor = /*#__PURE__*/ kind('a number of 1 or more', (value): value is number => isNumber(value) && value >= 1)
const share = /*#__PURE__*/ kind(
  'a number from 0 to 1',
  (value): value is number => isNumber(value) && value >= 0 && value <= 1,
)
const observable = /*#__PURE__*/ kind('an Observable', (value): value is object => has(value, 'subscribe'))
const scheduler = /*#__PURE__*/ kind(
  'a scheduler',
  (value): value is SchedulerLike => has(value, 'schedule') && has(value, 'now'),
)
const source = /*#__PURE__*/ kind(
  'a function, an Observable or a promise',
  (value): value is object => isFunction(value) || has(value, 'subscribe') || has(value, 'then'),
)

const store = /*#__PURE__*/ kind('a store of rx-rooms/stores, or clientStore(yours)', (value): value is object =>
  has(value, 'persistence'),
)
const identity = /*#__PURE__*/ kind(
  'a text of 1 to 256 characters',
  (value): value is string => typeof value === 'string' && value.length > 0 && value.length <= 256,
)
const overflow = /*#__PURE__*/ kind(
  "'reject', 'dropOldest' or what coalesceByKey gives",
  (value): value is Overflow => value === 'reject' || value === 'dropOldest' || has(value, 'key'),
)

interface Shape extends t.Type<object> {
  readonly known: Readonly<Record<string, t.Mixed>>
}
const shape = (fields: Readonly<Record<string, t.Mixed>>): Shape =>
  Object.assign(t.partial(fields, 'an object'), { known: fields })

const Options = /*#__PURE__*/ shape({
  url: text,
  token: source,
  transport: callable,
  autoConnect: yesOrNo,
  backoff: /*#__PURE__*/ shape({ floorMs: time, firstMs: time, factor, capMs: time }),
  deadlines: /*#__PURE__*/ shape({ connectMs: time, greetingMs: time, tokenMs: time, joinMs: time }),
  settleMs: ms,
  lingerMs: ms,
  renewal: /*#__PURE__*/ shape({ leewayMs: ms, spread: share }),
  outbox: /*#__PURE__*/ shape({
    entries: count,
    bytes: count,
    ageMs: time,
    inFlight: count,
    inFlightBytes: count,
    highWaterBytes: count,
    ackMs: time,
    overflow,
  }),
  store,
  identity,
  storing: /*#__PURE__*/ shape({
    openMs: time,
    waitMs: ms,
    positionMs: ms,
    positions: count,
    partitions: count,
    damaged: count,
  }),
  history: /*#__PURE__*/ shape({
    pageMessages: count,
    holdMessages: count,
    inFlight: count,
    waiting: count,
    cacheBytes: count,
  }),
  messageBytes: count,
  classify: callable,
  hints$: observable,
  scheduler,
  wall: callable,
  random: callable,
  ids: callable,
})

/** The first key, with its path, that nobody knows; TypeScript users cannot get here, others can mistype. */
const strays = (given: object, known: Readonly<Record<string, unknown>>, path = ''): string | undefined => {
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(known, key)) return path + key
    const inner = known[key] as Partial<Shape>
    const found = inner.known && value !== undefined ? strays(value as object, inner.known, `${key}.`) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

const explain = (errors: t.Errors): ConfigError => {
  const [error] = errors
  const option = (error?.context ?? [])
    .map(({ key }) => key)
    .filter((key) => !/^\d*$/.test(key))
    .join('.')
  const expected = error?.context.at(-1)?.type.name ?? 'options'
  return nonsense(
    option === '' ? 'options' : option,
    `${option === '' ? 'The options are' : `${option} is`} ${excerpt(error?.value)}.`,
    `Write ${expected}.`,
  )
}
