import {
  count,
  fields,
  flag,
  instant,
  isFields,
  isList,
  maybe,
  name,
  payload,
  position,
  positive,
  text,
  texts,
  wrong,
  type Fault,
  type Fields,
} from './field.js'
import { bounds } from './frame.js'

export const pubFault = (raw: readonly unknown[]): Fault =>
  raw.length < 10
    ? wrong('p', 'at least 10 elements', raw)
    : (count('p.ref', raw[1]) ??
      name('p.room', raw[2], bounds.roomBytes) ??
      name('p.producer', raw[3], bounds.idBytes) ??
      positive('p.seq', raw[4]) ??
      count('p.after', raw[5]) ??
      ((raw[5] as number) < (raw[4] as number) ? undefined : wrong('p.after', 'less than seq', raw[5])) ??
      name('p.id', raw[6], bounds.idBytes) ??
      name('p.event', raw[7], bounds.eventBytes) ??
      payload('p.data', raw[8]) ??
      count('p.flags', raw[9]))

export const signalFault = (raw: readonly unknown[]): Fault =>
  raw.length < 4
    ? wrong('s', 'ch, event and data', raw)
    : (count('s.ch', raw[1]) ?? name('s.event', raw[2], bounds.eventBytes) ?? payload('s.data', raw[3]))

export const sender = (where: string, value: unknown): Fault =>
  isList(value) && typeof value[0] === 'string' && typeof value[1] === 'string'
    ? undefined
    : wrong(where, '[user, session]', value)

export const ackFault = (raw: readonly unknown[]): Fault => {
  if (raw.length < 6 || raw.length % 3 !== 0) return wrong('a', 'triples of ref, offset and time', raw)
  const fault =
    name('a.epoch', raw[1], bounds.idBytes) ??
    (raw[2] === 0 || raw[2] === 1 ? undefined : wrong('a.repeated', '0 or 1', raw[2]))
  if (fault !== undefined) return fault
  for (let at = 3; at < raw.length; at += 3) {
    const bad = count('a.ref', raw[at]) ?? positive('a.offset', raw[at + 1]) ?? instant('a.at', raw[at + 2])
    if (bad !== undefined) return bad
  }
  return undefined
}

export const pingFault = (t: string, raw: Fields): Fault =>
  count(t === 'ping' ? 'ping.n' : 'pong.n', raw['n']) ??
  (t === 'pong' ? maybe(count, 'pong.seen', raw['seen']) : undefined)

export const byeFault = (raw: Fields): Fault => {
  const reconnect = raw['reconnect']
  return (
    text('bye.because', raw['because']) ??
    count('bye.drainMs', raw['drainMs']) ??
    (reconnect === 'never'
      ? undefined
      : isFields(reconnect)
        ? (count('bye.reconnect.afterMs', reconnect['afterMs']) ??
          count('bye.reconnect.spreadMs', reconnect['spreadMs']))
        : wrong('bye.reconnect', '"never" or an object', reconnect)) ??
    maybe(text, 'bye.to', raw['to'])
  )
}

export const refusalFault = (where: string, raw: Fields): Fault =>
  text(`${where}.code`, raw['code']) ??
  text(`${where}.message`, raw['message']) ??
  text(`${where}.kind`, raw['kind']) ??
  maybe(count, `${where}.retryAfterMs`, raw['retryAfterMs']) ??
  maybe(count, `${where}.spreadMs`, raw['spreadMs'])

export const historyFault = (raw: Fields): Fault =>
  positive('history.ch', raw['ch']) ??
  name('history.room', raw['room'], bounds.roomBytes) ??
  positive('history.count', raw['count']) ??
  maybe(position, 'history.after', raw['after']) ??
  maybe(position, 'history.before', raw['before']) ??
  (raw['after'] === undefined || raw['before'] === undefined ? undefined : wrong('history', 'after or before', raw))

export const pageFault = (raw: Fields): Fault =>
  count('page.ch', raw['ch']) ??
  name('page.epoch', raw['epoch'], bounds.idBytes) ??
  count('page.first', raw['first']) ??
  count('page.head', raw['head']) ??
  count('page.base', raw['base']) ??
  flag('page.recovered', raw['recovered']) ??
  maybe(text, 'page.because', raw['because'])

export const joinedFault = (raw: Fields): Fault =>
  count('joined.ch', raw['ch']) ??
  positive('joined.number', raw['number']) ??
  name('joined.epoch', raw['epoch'], bounds.idBytes) ??
  count('joined.first', raw['first']) ??
  count('joined.head', raw['head']) ??
  count('joined.base', raw['base']) ??
  flag('joined.recovered', raw['recovered']) ??
  maybe(text, 'joined.because', raw['because']) ??
  fields('joined.info', raw['info']) ??
  texts('joined.permissions', raw['permissions'])

export const gapFault = (raw: Fields): Fault =>
  count('gap.ch', raw['ch']) ??
  position('gap.from', raw['from']) ??
  position('gap.to', raw['to']) ??
  text('gap.because', raw['because'])
