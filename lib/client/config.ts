import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import {
  callable,
  type Checks,
  count,
  factor,
  group,
  hasMethods,
  invalid,
  ms,
  observable,
  optionFault,
  required,
  scheduler,
  text,
  thrown,
  time,
  withMethods,
  yesOrNo,
} from '../core/check.js'
import { NEVER } from 'rxjs'
import type { Transport } from '../core/ports.js'
import { classify } from '../connection/classify.js'
import type { ConfigError } from '../core/error.js'
import { filled } from '../core/filled.js'
import { guard } from '../core/guard.js'
import { randomId } from '../core/ids.js'
import { loggerCheck } from '../core/logger.js'
import { chance, hasRandomBytes, monotonic, epochNow } from '../core/platform.js'
import { urlFault } from '../kernel/url.js'
import type { OutboxConfig } from '../outbox/model.js'
import { pageHints } from './hints.js'
import { type ClientOptions, defaults } from './options.js'

/** Options with every default filled in. */
export type Config = ReturnType<typeof complete>

/** Checks options at run time and fills in the defaults; `Left` names the invalid option and the correction. */
export const configure = (options: unknown, transport: PlatformTransport): Either<ConfigError, Config> => {
  const read = guard(() => decode(options, transport))
  return E.isRight(read) ? read.right : E.left(thrown(read.left))
}

const decode = (options: unknown, transport: PlatformTransport): Either<ConfigError, Config> => {
  const wrong = optionFault(options, checks)
  if (wrong) return E.left(wrong)
  const given = options as ClientOptions
  const fault =
    (typeof given.url === 'function' ? undefined : urlFault(given.url)) ??
    identityFault(given) ??
    idsFault(given) ??
    given.token?.fault ??
    given.transport?.fault ??
    given.store?.fault
  if (fault) return E.left(fault)
  const sockets = given.transport ?? transport()
  return sockets ? E.right(complete(given, sockets)) : E.left(noSockets)
}

/** Makes the platform's transport; `undefined` if the platform has no WebSocket. */
export type PlatformTransport = () => Transport | undefined

const idsFault = ({ ids }: ClientOptions): ConfigError | undefined =>
  ids !== undefined || hasRandomBytes() ? undefined : invalid('ids', 'ids')

const identityFault = ({ store: given, identity: user }: ClientOptions): ConfigError | undefined =>
  given !== undefined && user === undefined ? invalid('identity', 'identity') : undefined

/** Makes the options for a client that is closed from the start, since its own options are invalid. */
export const fallback = (): Config =>
  complete({ url: 'ws://localhost', ids: hasRandomBytes() ? randomId : () => 'none' }, () => NEVER)

const complete = (given: ClientOptions, transport: Transport) => ({
  url: given.url,
  token: given.token,
  transport,
  autoConnect: given.autoConnect ?? defaults.autoConnect,
  backoff: filled(defaults.backoff, given.backoff),
  deadlines: filled(defaults.deadlines, given.deadlines),
  settleMs: given.settleMs ?? defaults.settleMs,
  lingerMs: given.lingerMs ?? defaults.lingerMs,
  outbox: filled<OutboxConfig>(defaults.outbox, given.outbox),
  highWaterBytes: given.outbox?.highWaterBytes ?? defaults.outbox.highWaterBytes,
  store: given.store,
  identity: given.identity,
  storing: filled(defaults.storing, given.storing),
  messageBytes: given.messageBytes ?? defaults.messageBytes,
  classify: given.classify ?? classify,
  hints$: given.hints$ ?? pageHints,
  logger: given.logger,
  scheduler: given.scheduler ?? monotonic,
  wall: given.wall ?? epochNow,
  random: given.random ?? chance,
  ids: given.ids ?? randomId,
})

const noSockets = /*#__PURE__*/ invalid('transport', 'transport')

const store = /*#__PURE__*/ withMethods('store', 'persistence')
const isText = (value: unknown): value is string => typeof value === 'string'

/** Every option of a client. */
const checks: Checks<keyof ClientOptions> = {
  url: /*#__PURE__*/ required({
    expected: 'url',
    is: (value) => isText(value) || callable.is(value),
  }),
  token: /*#__PURE__*/ withMethods('tokens', 'extension'),
  transport: callable,
  autoConnect: yesOrNo,
  backoff: /*#__PURE__*/ group({ floorMs: time, firstMs: time, factor, capMs: time }),
  deadlines: /*#__PURE__*/ group({ connectMs: time, handshakeMs: time, joinMs: time }),
  settleMs: ms,
  lingerMs: ms,
  outbox: /*#__PURE__*/ group({
    entries: count,
    bytes: count,
    ageMs: time,
    inFlight: count,
    inFlightBytes: count,
    highWaterBytes: count,
    ackMs: time,
    overflow: {
      expected: 'overflow',
      is: (value) => value === 'reject' || hasMethods(value, 'giveUp', 'because'),
    },
  }),
  store,
  identity: /*#__PURE__*/ text('text 1 256', 1, 256),
  storing: /*#__PURE__*/ group({
    openMs: time,
    waitMs: ms,
    positionMs: ms,
    writeMs: ms,
    positions: count,
    partitions: count,
    damaged: count,
  }),
  messageBytes: count,
  classify: callable,
  hints$: observable,
  logger: loggerCheck,
  scheduler,
  wall: callable,
  random: callable,
  ids: callable,
}
