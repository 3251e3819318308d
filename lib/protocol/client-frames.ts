import * as bounds from './bounds.js'
import { type Fields, isCount, isList, isName } from './field.js'
import { Flaw } from './flaw.js'
import type { Answering, CallKind, ClientFrame, Join, Joins, Until, ViewWord } from './frame.js'
import {
  count,
  event,
  flag,
  id,
  kind,
  type Kind,
  object,
  payload,
  position,
  positive,
  room,
  type Row,
  secret,
  start,
  text,
  texts,
  whole,
  word,
  words,
} from './kind.js'
import { isWhere, mostConditions } from './listed-room.js'
import { tablePlace } from './table-frames.js'
import { type FrameTable, type Read, reader } from './read.js'
import { isUntil, untilWords } from './until.js'
import { wrong } from './wrong.js'

/** A positional frame of at least its tag and these elements, the optional ones last; their kinds convert nothing. */
const positional = (elements: Readonly<Record<string, Kind>>): Kind => {
  const all = Object.entries(elements).map(([field, read], at) => {
    const name = field.replace('?', '')
    return { name, key: at + 1, read, isOptional: name !== field }
  })
  const least = all.filter(({ isOptional }) => !isOptional).length + 1
  return whole(
    kind(`at least ${least} elements`, (value) => isList(value) && value.length >= least),
    all,
  )
}

/** A list of such items. */
const listOf =
  (list: Kind, item: Kind): Kind =>
  (value) => {
    const known = list(value)
    if (known instanceof Flaw) return known
    const items: unknown[] = []
    const all = value as readonly unknown[]
    for (let at = 0; at < all.length; at++) {
      const read = item(all[at])
      // The first fault is told: a long invalid list must not cost more than a valid one.
      if (read instanceof Flaw) return read.within(at)
      items.push(read)
    }
    return items
  }

export const wants = /*#__PURE__*/ words('messages', 'info')
const joinRow: Row<Omit<Join, 't'>> = {
  ch: positive,
  room,
  want: wants,
  'from?': start,
  'mustExist?': flag,
  'password?': secret,
  'invitation?': secret,
  'queue?': flag,
}
const names = /*#__PURE__*/ listOf(
  /*#__PURE__*/ kind(
    `a list of 1 to ${bounds.joinsRooms} names`,
    (value) => isList(value) && value.length > 0 && value.length <= bounds.joinsRooms,
  ),
  room,
)
const positions = /*#__PURE__*/ listOf(
  /*#__PURE__*/ kind('an epoch and offsets', (value) => isList(value) && typeof value[0] === 'string'),
  /*#__PURE__*/ kind('an epoch or an offset', (value) => isCount(value) || isName(value, bounds.idBytes)),
)
const joinsRow: Row<Omit<Joins, 't'>> = { ch: positive, rooms: names, want: wants, 'from?': positions }
const joinOf = /*#__PURE__*/ object(joinRow)
const joinsIn = /*#__PURE__*/ object(joinsRow)
/** The joins of a hello. */
const joins = /*#__PURE__*/ listOf(/*#__PURE__*/ kind('a list of joins', isList), (value) => {
  switch ((Object(value) as Fields)['t']) {
    case 'join':
      return joinOf(value)
    case 'joins':
      return joinsIn(value)
    default:
      return new Flaw('"join" or "joins"', value).within('t')
  }
})

const rowNames = /*#__PURE__*/ listOf(
  /*#__PURE__*/ kind(
    `a list of at most ${bounds.viewRows} names`,
    (value) => isList(value) && value.length <= bounds.viewRows,
  ),
  text,
)

/** Values of listed metadata. */
export const where = /*#__PURE__*/ kind(`at most ${mostConditions} texts, numbers, flags and nulls by name`, isWhere)

/** The answers that a call to members needs: any other word is read as `all`. */
export const until: Kind = (value) => (isUntil(value) ? value : anyWord(value))
const anyWord = /*#__PURE__*/ word<Until & string>(untilWords[0])

/** The name of a table. */
const table = event

/** The elements of the positional frames that clients send. */
export const clientElements = {
  p: {
    ref: count,
    room,
    producer: id,
    seq: positive,
    after: count,
    id,
    event,
    data: payload,
    flags: count,
    'term?': count,
  },
  s: { ch: count, event, data: payload },
} as const

/** The frames that clients send: a row for each, with the fields and types of docs/protocol.md. */
export const clientTable = (): FrameTable<ClientFrame> => ({
  objects: {
    hello: {
      can: texts,
      'token?': secret,
      session: { instance: id, generation: count, 'resume?': secret },
      'messageBytes?': count,
      rooms: joins,
    },
    auth: { ref: count, token: secret },
    join: joinRow,
    joins: joinsRow,
    leave: { ch: count },
    history: { ch: positive, room, count: positive, 'after?': position, 'before?': position },
    view: {
      ch: positive,
      of: table,
      view: word<ViewWord>('none', 'all', 'count', 'page', 'only'),
      'n?': count,
      'from?': tablePlace,
      'after?': text,
      'limit?': positive,
      'names?': rowNames,
      'prefix?': text,
      'where?': where,
    },
    quit: {},
    put: {
      ch: positive,
      room,
      of: table,
      key: room,
      'value?': payload,
      'ifNew?': flag,
      'ifVersion?': count,
      'term?': count,
    },
    call: {
      ch: positive,
      id,
      name: event,
      kind: word<CallKind>('command', 'query', 'stream'),
      'room?': room,
      'data?': payload,
      'withinMs?': count,
      'seen?': flag,
      'again?': flag,
      'commands?': id,
      'after?': count,
      'credit?': positive,
      'until?': until,
    },
    reply: {
      ch: positive,
      is: word<Answering['is']>('none', 'last', 'error'),
      'data?': payload,
      'error?': id,
      'code?': id,
    },
    cancel: { id },
    credit: { ch: positive, upTo: positive, seen: count },
    ping: { n: count },
    pong: { n: count, 'seen?': count },
    seen: { n: count },
  },
  lists: {
    p: positional(clientElements.p),
    s: positional(clientElements.s),
  },
})

/** Returns the flaw of positions that are not one for each room. */
const mismatch = ({ rooms, from }: Joins): Flaw | undefined =>
  !from || from.filter(isCount).length === rooms.length
    ? undefined
    : new Flaw('an offset for each room', from).within('from')

/** Returns the flaw of fields that do not fit each other. */
const discord = (frame: ClientFrame): Flaw | undefined => {
  if (!('t' in frame)) {
    if (frame[0] !== 'p') return undefined
    const [, , , , seq, after] = frame
    return after < seq ? undefined : new Flaw('less than seq', after).within('after')
  }
  switch (frame.t) {
    case 'hello': {
      let joins = 0
      for (const [at, each] of frame.rooms.entries()) {
        const flaw = each.t === 'joins' ? mismatch(each) : undefined
        if (flaw) return flaw.within(at).within('rooms')
        joins += each.t === 'joins' ? each.rooms.length : 1
      }
      return joins > bounds.helloJoins
        ? new Flaw(`at most ${bounds.helloJoins} joins`, joins).within('rooms')
        : undefined
    }
    case 'joins':
      return mismatch(frame)
    case 'history':
      return frame.after && frame.before ? new Flaw('after or before', frame) : undefined
    default:
      return undefined
  }
}

/** The kind of an envelope of a client. What is no frame is answered by its `ref`, if it has one. */
export type ReadClient = Read<ClientFrame> & { readonly ref?: number }

const readEnvelope = /*#__PURE__*/ reader<ClientFrame>(clientTable)

/** Checks an envelope from a client: every field, and the unannounced bounds. */
export const readClient = (raw: unknown): ReadClient => {
  const read = readEnvelope(raw)
  if (read._tag !== 'Frame') return withRef(read, raw)
  const flaw = discord(read.frame)
  return flaw ? withRef({ _tag: 'Malformed', because: wrong(tagOf(read.frame), flaw) }, raw) : read
}

const tagOf = (frame: ClientFrame): string => ('t' in frame ? frame.t : frame[0])

const withRef = (read: Read<ClientFrame>, raw: unknown): ReadClient => {
  const ref = isList(raw) ? raw[0] === 'p' && raw[1] : (Object(raw) as Fields)['ref']
  return isCount(ref) ? { ...read, ref } : read
}
