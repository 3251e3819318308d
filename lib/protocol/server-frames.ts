import { beat, lifetime, limit, pages, unseen, wait } from './clamp.js'
import * as bounds from './bounds.js'
import { isCount, isFields, isList, isName, payloadFlaw } from './field.js'
import { Flaw } from './flaw.js'
import type { Bye, Joined, Limits, CallServerFrame, Msg, Refusal, ServerFrame, TableFrame } from './frame.js'
import {
  bit,
  cause,
  count,
  failure,
  fields,
  flag,
  id,
  kind,
  type Kind,
  object,
  permissions,
  position,
  positive,
  ranged,
  type Row,
  secret,
  text,
  texts,
  time,
  word,
} from './kind.js'
import { type FrameTable, reader } from './read.js'

/** True for a logged message of a room. Reads no payload and allocates nothing. */
export const isMsg = (raw: unknown): raw is Msg => isList(raw) && raw[0] === 'm' && isLogged(raw)

const isLogged = (raw: readonly unknown[]): boolean =>
  raw.length > 7 &&
  isCount(raw[1]) &&
  isCount(raw[2]) &&
  raw[2] > 0 &&
  typeof raw[3] === 'string' &&
  typeof raw[4] === 'string' &&
  isSender(raw[5]) &&
  typeof raw[6] === 'number' &&
  (raw.length === 8 || isExtra(raw[8]))

const isSender = (from: unknown): boolean => isList(from) && typeof from[0] === 'string' && typeof from[1] === 'string'

const isExtra = (extra: unknown): boolean =>
  extra === null || (isFields(extra) && (extra['prev'] === undefined || isCount(extra['prev'])))

const isSignal = (raw: readonly unknown[]): boolean =>
  isCount(raw[1]) && isName(raw[2], bounds.eventBytes) && payloadFlaw(raw[3]) === undefined && isSender(raw[4])

/** A positional frame, which is checked at once. */
const hot = (expected: string, is: (raw: readonly unknown[]) => boolean): Kind =>
  kind(expected, (raw) => is(raw as readonly unknown[]))

const ack = /*#__PURE__*/ Object.entries<Kind>({ ref: count, offset: positive, at: time, epoch: id, repeated: bit })
const [lastOfTriple, epochOfTriples] = [2, 3]

/** Checks an epoch, `repeated`, and triples, each of which may have another epoch before it. */
const acks: Kind = (raw) => {
  const all = raw as readonly unknown[]
  let element = -1
  for (let at = 1; at < all.length; at++) {
    const isBetween = at === 3 || element === lastOfTriple
    if (at < 3) element = at + 2
    else if (isBetween && typeof all[at] === 'string') element = epochOfTriples
    else element = element < lastOfTriple ? element + 1 : 0
    const [name, read] = ack[element] as (typeof ack)[number]
    const known = read(all[at])
    if (known instanceof Flaw) return known.within(name)
  }
  return element === lastOfTriple ? raw : new Flaw('triples', raw)
}

/** The frames that every client knows. Those of tables are checked by `readTable`, those of calls by `readReply`. */
type CoreFrame = Exclude<ServerFrame, TableFrame | CallServerFrame>

/** The frames that servers send: a row for each, with the fields and types of docs/protocol.md. */
export const serverTable = (): FrameTable<CoreFrame> => {
  const [waitMs, lifeMs, beatMs, most] = [ranged(wait), ranged(lifetime), ranged(beat), ranged(limit)] as const
  const limits: Row<Limits> = {
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
  }
  const refusal: Row<Refusal> = {
    code: text,
    message: text,
    kind: failure,
    'retryAfterMs?': waitMs,
    'spreadMs?': waitMs,
    'data?': fields,
  }
  const log: Row<Omit<Joined, 't' | 'number' | 'info' | 'permissions'>> = {
    ch: count,
    epoch: id,
    first: count,
    head: count,
    base: count,
    recovered: flag,
    'because?': cause,
  }
  const { ch, ...rest } = log
  const logged = hot('logged', isLogged)
  const later = object<Exclude<Bye['reconnect'], 'never'>>({ afterMs: waitMs, spreadMs: waitMs })
  return {
    objects: {
      welcome: {
        can: texts,
        session: { id, resume: secret, expiresInMs: lifeMs },
        user: text,
        roles: texts,
        'data?': fields,
        'since?': time,
        'resumed?': flag,
        'tokenExpiresInMs?': lifeMs,
        heartbeat: { intervalMs: beatMs, graceMs: beatMs },
        limits,
        durability: word('memory', 'process', 'disk', 'replicated'),
        'lanes?': id,
        'commands?': id,
      },
      limits: { limits },
      refused: { 'ref?': count, ...refusal },
      'auth.ok': { ref: count, 'expiresInMs?': lifeMs },
      session: { roles: texts, 'data?': fields },
      joined: { ch, number: positive, ...rest, info: fields, permissions },
      left: { ch: count, ...refusal },
      waiting: { ch: count, place: positive, of: positive },
      granted: { ch: count, permissions },
      gap: { ch: count, from: position, to: position, because: cause },
      page: log,
      ping: { n: count },
      pong: { n: count, 'seen?': count },
      bye: {
        because: text,
        reconnect: (value) => (value === 'never' ? value : later(value)),
        drainMs: waitMs,
        'to?': text,
      },
      'bye.done': {},
    },
    lists: {
      m: logged,
      h: logged,
      s: hot('signal', isSignal),
      a: acks,
    },
  }
}

/** Checks an envelope from a server. Unknown enum values are read as the weakest known one. */
export const readServer = /*#__PURE__*/ reader<CoreFrame>(serverTable)
