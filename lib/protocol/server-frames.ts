import { beat, lifetime, limit, pages, unseen, wait } from './clamp.js'
import { isCount, isFields, isList } from './field.js'
import type {
  AuthOk,
  Bye,
  ByeDone,
  GapFrame,
  Granted,
  Joined,
  Left,
  Limits,
  LimitsChanged,
  Msg,
  PageEnd,
  PageMsg,
} from './frame.js'
import type { Ping, Pong, Refusal, Refused, ServerFrame, Welcome } from './frame.js'
import {
  bit,
  cause,
  count,
  event,
  failure,
  fields,
  flag,
  id,
  make,
  object,
  payload,
  permissions,
  position,
  positional,
  positive,
  ranged,
  type Row,
  secret,
  sender,
  text,
  texts,
  time,
  word,
} from './kind.js'
import { type FrameTable, type Read, reader } from './read.js'

/** True for a logged message of a room. Reads no payload and allocates nothing. */
export const isMsg = (raw: unknown): raw is Msg => isList(raw) && raw[0] === 'm' && isLogged(raw)

const isPageMsg = (raw: unknown): raw is PageMsg => isList(raw) && raw[0] === 'h' && isLogged(raw)

const isLogged = (raw: readonly unknown[]): boolean => {
  if (raw.length < 8) return false
  const from = raw[5]
  return (
    isCount(raw[1]) &&
    isCount(raw[2]) &&
    raw[2] > 0 &&
    typeof raw[3] === 'string' &&
    typeof raw[4] === 'string' &&
    isList(from) &&
    typeof from[0] === 'string' &&
    typeof from[1] === 'string' &&
    typeof raw[6] === 'number' &&
    (raw.length === 8 || isExtra(raw[8]))
  )
}

const isExtra = (extra: unknown): boolean =>
  extra === null || (isFields(extra) && (extra['prev'] === undefined || isCount(extra['prev'])))

type Log = Pick<PageEnd, 'ch' | 'epoch' | 'first' | 'head' | 'base' | 'recovered' | 'because'>

const loggedMessage = 'a number, offset, id, event, [user, session], at and data'
const never = /*#__PURE__*/ make({})
const triple = [
  ['ref', count],
  ['offset', positive],
  ['at', time],
] as const

/** The frames that servers send: a row for each, with the fields and types of docs/protocol.md. */
export const serverTable = (): FrameTable<ServerFrame> => {
  const [waitMs, lifeMs, beatMs, most] = [ranged(wait), ranged(lifetime), ranged(beat), ranged(limit)] as const
  const limits = object<Limits>({
    messageBytes: most,
    rooms: most,
    joinsPerFrame: most,
    publishesPerSecond: most,
    unseenBytes: ranged(unseen),
    dedupeMs: lifeMs,
    'history?': ranged(pages),
    'framesPerSecond?': most,
    'bytesPerSecond?': most,
    'joinsPerSecond?': most,
    'pagesPerSecond?': most,
  })
  const refusal: Row<Refusal> = {
    code: text,
    message: text,
    kind: failure,
    'retryAfterMs?': waitMs,
    'spreadMs?': waitMs,
  }
  const log: Row<Log> = {
    ch: count,
    epoch: id,
    first: count,
    head: count,
    base: count,
    recovered: flag,
    'because?': cause,
  }
  const { ch, ...rest } = log
  const later = object<Exclude<Bye['reconnect'], 'never'>>(
    { afterMs: waitMs, spreadMs: waitMs },
    { expected: '"never" or an object' },
  )
  return {
    objects: {
      welcome: object<Welcome>(
        {
          can: texts,
          session: object<Welcome['session']>({ id, resume: secret, expiresInMs: lifeMs }),
          user: text,
          roles: texts,
          'tokenExpiresInMs?': lifeMs,
          heartbeat: object<Welcome['heartbeat']>({ intervalMs: beatMs, graceMs: beatMs }),
          limits,
          durability: word('memory', 'process', 'disk', 'replicated'),
          'lanes?': id,
        },
        // A secret may stand in any wrong place.
        { isSecret: true },
      ),
      limits: object<LimitsChanged>({ limits }),
      refused: object<Refused>({ 'ref?': count, ...refusal }),
      'auth.ok': object<AuthOk>({ ref: count, 'expiresInMs?': lifeMs }),
      joined: object<Joined>({ ch, number: positive, ...rest, info: fields, permissions }),
      left: object<Left>({ ch: count, ...refusal }),
      granted: object<Granted>({ ch: count, permissions }),
      gap: object<GapFrame>({ ch: count, from: position, to: position, because: cause }),
      page: object<PageEnd>(log),
      ping: object<Ping>({ n: count }),
      pong: object<Pong>({ n: count, 'seen?': count }),
      bye: object<Bye>({
        because: text,
        reconnect: make({
          by: (value) => (value === 'never' ? never : later),
          known: (value) => (value === 'never' ? value : later.known?.(value)),
        }),
        drainMs: waitMs,
      }),
      'bye.done': object<ByeDone>({}),
    },
    lists: {
      m: make({ expected: loggedMessage, is: isMsg }),
      h: make({ expected: loggedMessage, is: isPageMsg }),
      s: positional({ number: count, event, data: payload, from: sender }),
      a: positional(
        { epoch: id, repeated: bit },
        {
          expected: 'triples of ref, offset and time',
          is: (value) => isList(value) && value.length >= 6 && value.length % 3 === 0,
          rule: (value) => {
            const raw = value as readonly unknown[]
            for (let at = 3; at < raw.length; at++) {
              const [name, kind] = triple[at % 3] as (typeof triple)[number]
              if (!kind.is(raw[at])) return { place: `.${name}`, of: kind, value: raw[at] }
            }
            return undefined
          },
        },
      ),
    },
  }
}

const readOther = /*#__PURE__*/ reader<ServerFrame>(serverTable)

/** Checks an envelope from a server. Unknown enum values are read as the weakest known one. */
export const readServer = (raw: unknown): Read<ServerFrame> =>
  isMsg(raw) ? { _tag: 'Frame', frame: raw } : readOther(raw)
