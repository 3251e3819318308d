import {
  count,
  flag,
  isCount,
  isFields,
  isList,
  isName,
  maybe,
  name,
  position,
  positive,
  secret,
  texts,
  wrong,
  wrongSecret,
  type Fault,
  type Fields,
} from './field.js'
import { bounds, type Join, type Joins } from './frame.js'

/** Returns the fault of a join, if it has one. */
export const joinFault = (value: unknown): Fault => {
  if (!isFields(value)) return wrongSecret('join', 'an object without reserved keys', value)
  if (value['t'] !== 'join') return wrong('join.t', '"join"', value['t'])
  return (
    positive('join.ch', value['ch']) ??
    name('join.room', value['room'], bounds.roomBytes) ??
    texts('join.want', value['want']) ??
    maybe(fromFault, 'join.from', value['from']) ??
    maybe(flag, 'join.mustExist', value['mustExist']) ??
    maybe(secret, 'join.password', value['password']) ??
    maybe(secret, 'join.token', value['token'])
  )
}

/** Returns the fault of a start, if it has one. */
export const fromFault = (where: string, value: unknown): Fault =>
  isFields(value) && Object.hasOwn(value, 'last') ? count(`${where}.last`, value['last']) : position(where, value)

/** Returns the fault of joins, if they have one. */
export const joinsFault = (raw: Fields): Fault =>
  positive('joins.ch', raw['ch']) ??
  roomsFault(raw['rooms']) ??
  texts('joins.want', raw['want']) ??
  maybe((_, from) => positionsFault(from, (raw['rooms'] as readonly unknown[]).length), 'joins.from', raw['from'])

const roomsFault = (rooms: unknown): Fault => {
  if (!isList(rooms) || rooms.length === 0 || rooms.length > bounds.joinsRooms)
    return wrong('joins.rooms', `a list of 1 to ${bounds.joinsRooms} names`, rooms)
  const bad = rooms.findIndex((room) => !isName(room, bounds.roomBytes))
  return bad < 0 ? undefined : name(`joins.rooms.${bad}`, rooms[bad], bounds.roomBytes)
}

const positionsFault = (from: unknown, rooms: number): Fault => {
  const isRight =
    isList(from) &&
    from.length === 2 * rooms &&
    from.every((each, at) => (at % 2 === 0 ? isName(each, bounds.idBytes) : isCount(each)))
  return isRight ? undefined : wrong('joins.from', 'an epoch and an offset for each room', from)
}

/** The joins that one frame of many stands for, without unknown `want` values. */
export const joinsOf = ({ ch, rooms, want, from }: Joins): readonly Join[] => {
  const known = want.filter(isWant)
  return rooms.map((room, at) => {
    const join = { t: 'join', ch: ch + at, room, want: known } as const
    if (!from) return join
    return { ...join, from: { epoch: from[2 * at] as string, offset: from[2 * at + 1] as number } }
  })
}

/** A checked join without unknown `want` values. */
export const knownJoin = (join: Join): Join =>
  join.want.every(isWant) ? join : { ...join, want: join.want.filter(isWant) }

const isWant = (want: string): boolean => want === 'messages' || want === 'members' || want === 'info'
