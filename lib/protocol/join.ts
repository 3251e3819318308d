import {
  count,
  flag,
  isFields,
  maybe,
  name,
  position,
  positive,
  secret,
  texts,
  wrong,
  wrongSecret,
  type Fault,
} from './field.js'
import { bounds, type Join } from './frame.js'

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
    maybe(secret, 'join.password', value['password'])
  )
}

/** Returns the fault of a start, if it has one. */
export const fromFault = (where: string, value: unknown): Fault =>
  isFields(value) && Object.hasOwn(value, 'last') ? count(`${where}.last`, value['last']) : position(where, value)

/** A checked join without unknown `want` values. */
export const knownJoin = (join: Join): Join =>
  join.want.every(isWant) ? join : { ...join, want: join.want.filter(isWant) }

const isWant = (want: string): boolean => want === 'messages' || want === 'info'
