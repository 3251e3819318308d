import type { Either } from 'fp-ts/lib/Either.js'
import { EMPTY } from 'rxjs'
import * as E from '#fp/Either'
import { classify } from '../connection/classify.js'
import {
  callable,
  type Checks,
  count,
  factor,
  type Faulty,
  group,
  invalid,
  ms,
  observable,
  optionFault,
  scheduler,
  secret,
  sound,
  thrown,
  time,
  whatever,
  withMethods,
  yesOrNo,
} from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import { filled } from '../core/filled.js'
import { guard } from '../core/guard.js'
import { randomId } from '../core/ids.js'
import { chance, epochNow, hasRandomBytes, monotonic } from '../core/platform.js'
import type { Transport } from '../core/ports.js'
import { hasMethods } from '../core/shape.js'
import { urlFault } from '../kernel/url.js'
import type { OutboxConfig } from '../outbox/model.js'
import { clientJson } from '../protocol/client-json.js'
import { pageHints } from './hints.js'
import { type ClientOptions, defaults } from './options.js'

/** Options with every default filled in. */
export type Config = ReturnType<typeof complete>

/** Makes the platform's transport; `undefined` if the platform has no WebSocket. */
export type PlatformTransport = () => Transport | undefined

/** Checks options at run time and fills in the defaults; `Left` names the invalid option and the correction. */
export const configure = (options: unknown, platformTransport: PlatformTransport): Either<ConfigError, Config> => {
  const read = guard((): Either<ConfigError, Config> => {
    const wrong = optionFault(options, checks)
    if (wrong) return E.left(wrong)
    const given = options as ClientOptions
    const unstorable = given.store?.optionsFault(given)
    if (unstorable) return E.left(unstorable)
    if (!given.ids && !hasRandomBytes()) return E.left(invalid('ids', 'ids'))
    const transport = given.transport ?? platformTransport()
    return transport ? E.right(complete(given, transport)) : E.left(invalid('transport', 'transport'))
  })
  return E.isRight(read) ? read.right : E.left(thrown(read.left))
}

/** Makes the options for a client that is closed from the start, since its own options are invalid. */
export const fallback = (): Config =>
  complete({ url: 'ws://localhost', ids: hasRandomBytes() ? randomId : () => 'none' }, () => EMPTY)

/** The default parts of the platform. */
const platform = {
  classify,
  codec: clientJson,
  hints$: pageHints,
  scheduler: monotonic,
  wall: epochNow,
  random: chance,
  ids: randomId,
}

const complete = (given: ClientOptions, transport: Transport) => {
  const outbox = filled<OutboxConfig>(defaults.outbox, given.outbox)
  return {
    ...given,
    ...filled<typeof defaults & typeof platform>({ ...defaults, ...platform }, given as object),
    transport,
    backoff: filled(defaults.backoff, given.backoff),
    deadlines: filled(defaults.deadlines, given.deadlines),
    outbox,
    highWaterBytes: outbox.highWaterBytes,
  }
}

/** Every option of a client. */
const checks: Checks<keyof ClientOptions> = {
  url: {
    expected: 'url',
    is: (value) => typeof value === 'string' || callable.is(value) || hasMethods(value, 'machine'),
    within: (url: string | Faulty) => (typeof url === 'string' ? urlFault(url) : url.fault),
    required: true,
  },
  token: /*#__PURE__*/ secret(/*#__PURE__*/ sound(/*#__PURE__*/ withMethods('tokens', 'extension'))),
  transport: /*#__PURE__*/ sound(callable),
  codec: /*#__PURE__*/ withMethods('codec', 'encode', 'publish', 'unpack'),
  autoConnect: yesOrNo,
  backoff: /*#__PURE__*/ group({ floorMs: time, firstMs: time, factor, capMs: time }),
  retries: /*#__PURE__*/ sound(/*#__PURE__*/ withMethods('retries', 'begin')),
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
  store: /*#__PURE__*/ sound(/*#__PURE__*/ withMethods('store', 'persistence')),
  // Its store checks both.
  identity: whatever,
  storing: whatever,
  messageBytes: count,
  classify: callable,
  hints$: observable,
  logger: /*#__PURE__*/ sound(/*#__PURE__*/ withMethods('logTo', 'attach')),
  scheduler,
  wall: callable,
  random: callable,
  ids: callable,
}
