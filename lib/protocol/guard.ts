import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Kind } from '../core/error.js'
import type { GapCause } from '../core/position.js'
import {
  count,
  isCount,
  isFields,
  isList,
  maybe,
  secret,
  texts,
  wrong,
  wrongSecret,
  type Fault,
  type Fields,
} from './field.js'
import type { Ack, Bye, ClientFrame, GapFrame, Granted, Join, Joined } from './frame.js'
import type { Left, Msg, PageEnd, PageMsg, Pub, Refused, ServerFrame, Signal, Signalled } from './frame.js'
import { decodeHello, decodeLimits, decodeWelcome } from './hello.js'
import {
  pubFault,
  sender,
  signalFault,
  ackFault,
  pingFault,
  byeFault,
  refusalFault,
  historyFault,
  pageFault,
  joinedFault,
  gapFault,
} from './fault.js'
import { joinFault, joinsFault, knownJoin } from './join.js'

/**
 * The kind of an envelope. `Unknown` is of a later version: it is answered if it has a `ref`, counted if not, and fatal
 * if the receiver `must` understand it. `Malformed` gives the expected value and its place.
 */
export type Read<F> =
  | { readonly _tag: 'Frame'; readonly frame: F }
  | { readonly _tag: 'Unknown'; readonly t: string; readonly ref?: number; readonly must: boolean }
  | { readonly _tag: 'Malformed'; readonly because: string; readonly ref?: number }

/** True for a logged message of a room. Reads no payload and allocates nothing. */
export const isMsg = (raw: unknown): raw is Msg => isList(raw) && raw[0] === 'm' && isLogged(raw)

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

/** Checks an envelope from a client: every field, and the unannounced bounds. */
export const readClient = (raw: unknown): Read<ClientFrame> => {
  if (isList(raw)) {
    if (raw[0] === 'p') return checked<Pub>(pubFault(raw), raw, raw[1])
    return raw[0] === 's' ? checked<Signal>(signalFault(raw), raw) : unknownList(raw)
  }
  if (!isFields(raw)) return notAnEnvelope(raw)
  switch (raw['t']) {
    case 'hello':
      return decoded(decodeHello(raw))
    case 'auth':
      return checked(count('auth.ref', raw['ref']) ?? secret('auth.token', raw['token']), raw, raw['ref'])
    case 'join': {
      const fault = joinFault(raw)
      return fault === undefined ? frame(knownJoin(raw as unknown as Join)) : malformed(fault, raw['ref'])
    }
    case 'joins':
      return checked(joinsFault(raw), raw)
    case 'leave':
      return checked(count('leave.ch', raw['ch']), raw)
    case 'history':
      return checked(historyFault(raw), raw)
    case 'ping':
    case 'pong':
      return checked(pingFault(raw['t'], raw), raw)
    case 'seen':
      return checked(count('seen.n', raw['n']), raw)
    default:
      return unknownFields(raw)
  }
}

/** Checks an envelope from a server. Unknown enum values are read as the weakest known one. */
export const readServer = (raw: unknown): Read<ServerFrame> => {
  if (isMsg(raw)) return frame(raw)
  if (isList(raw)) {
    if (raw[0] === 'a') return checked<Ack>(ackFault(raw), raw)
    if (raw[0] === 's') return checked<Signalled>(signalFault(raw) ?? sender('s.from', raw[4]), raw)
    if (raw[0] === 'h' && isLogged(raw)) return frame(raw as unknown as PageMsg)
    return raw[0] === 'm' || raw[0] === 'h'
      ? malformed(`${raw[0]}: expected a number, offset, id, event, [user, session], at and data`)
      : unknownList(raw)
  }
  if (!isFields(raw)) return notAnEnvelope(raw)
  switch (raw['t']) {
    case 'welcome':
      return decoded(decodeWelcome(raw))
    case 'limits':
      return decoded(decodeLimits(raw))
    case 'refused':
      return refusal<Refused>(maybe(count, 'refused.ref', raw['ref']) ?? refusalFault('refused', raw), raw, raw['ref'])
    case 'left':
      return refusal<Left>(count('left.ch', raw['ch']) ?? refusalFault('left', raw), raw)
    case 'auth.ok':
      return checked(
        count('auth.ok.ref', raw['ref']) ?? maybe(count, 'auth.ok.expiresInMs', raw['expiresInMs']),
        raw,
        raw['ref'],
      )
    case 'joined':
      return joined(raw)
    case 'granted':
      return granted(raw)
    case 'gap':
      return gap(raw)
    case 'page':
      return page(raw)
    case 'ping':
    case 'pong':
      return checked(pingFault(raw['t'], raw), raw)
    case 'bye':
      return checked<Bye>(byeFault(raw), raw)
    case 'bye.done':
      return checked(undefined, raw)
    default:
      return unknownFields(raw)
  }
}

// ---- enum values of a later version

const refusal = <F extends Refused | Left>(fault: Fault, raw: Fields, ref?: unknown): Read<F> => {
  if (fault !== undefined) return malformed(fault, ref)
  const known = raw as unknown as F
  return frame(isKind(known.kind) ? known : { ...known, kind: 'unknown' })
}

const joined = (raw: Fields): Read<Joined> => {
  const fault = joinedFault(raw)
  if (fault !== undefined) return malformed(fault)
  const answer = raw as unknown as Joined
  const { because, permissions } = answer
  if ((because === undefined || isCause(because)) && permissions.every(isPermission)) return frame(answer)
  return frame({
    ...answer,
    permissions: permissions.filter(isPermission),
    ...(because === undefined ? {} : { because: knownCause(because) }),
  })
}

const granted = (raw: Fields): Read<Granted> => {
  const fault = count('granted.ch', raw['ch']) ?? texts('granted.permissions', raw['permissions'])
  if (fault !== undefined) return malformed(fault)
  const told = raw as unknown as Granted
  return frame({ ...told, permissions: told.permissions.filter(isPermission) })
}

const gap = (raw: Fields): Read<GapFrame> => {
  const fault = gapFault(raw)
  if (fault !== undefined) return malformed(fault)
  const told = raw as unknown as GapFrame
  return frame(isCause(told.because) ? told : { ...told, because: 'lost' })
}

const page = (raw: Fields): Read<PageEnd> => {
  const fault = pageFault(raw)
  if (fault !== undefined) return malformed(fault)
  const end = raw as unknown as PageEnd
  const { because } = end
  return frame(because === undefined || isCause(because) ? end : { ...end, because: 'lost' })
}

const isKind = (word: string): word is Kind =>
  word === 'retry' || word === 'reauth' || word === 'terminal' || word === 'unknown'
const isPermission = (word: string): boolean => word === 'read' || word === 'publish' || word === 'history'
const causes: ReadonlySet<string> = new Set<GapCause>([
  'truncated',
  'epoch',
  'forbidden',
  'overflow',
  'too-large',
  'lost',
])
const isCause = (word: string): word is GapCause => causes.has(word)
const knownCause = (word: string): GapCause => (isCause(word) ? word : 'lost')

// ---- answers

const frame = <F>(known: F): Read<F> => ({ _tag: 'Frame', frame: known })

const malformed = (because: string, ref?: unknown): Read<never> =>
  isCount(ref) ? { _tag: 'Malformed', because, ref } : { _tag: 'Malformed', because }

const checked = <F>(fault: Fault, raw: unknown, ref?: unknown): Read<F> =>
  fault === undefined ? { _tag: 'Frame', frame: raw as F } : malformed(fault, ref)

const decoded = <F>(result: Either<string, F>): Read<F> =>
  E.isRight(result) ? frame(result.right) : malformed(result.left)

const unknownList = (raw: readonly unknown[]): Read<never> => {
  const t = raw[0]
  return typeof t === 'string'
    ? { _tag: 'Unknown', t: t.slice(0, 64), must: false }
    : malformed(wrong('envelope', 'a tag as the first element', t))
}

const unknownFields = (raw: Fields): Read<never> => {
  const { t, ref } = raw
  if (typeof t !== 'string') return malformed(wrong('envelope.t', 'a text', t), ref)
  const must = raw['must'] === true
  return isCount(ref) ? { _tag: 'Unknown', t: t.slice(0, 64), ref, must } : { _tag: 'Unknown', t: t.slice(0, 64), must }
}

const notAnEnvelope = (raw: unknown): Read<never> =>
  malformed(wrongSecret('envelope', 'an array, or an object without reserved keys', raw))
