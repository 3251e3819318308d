import type { RoomDetails, RoomEnd, RoomMaker, RoomPatch, RoomProperties } from '../../protocol/room-info.js'
import type { Row } from '../tables/model.js'

/** The row of a server with members in a room, which needs the lease of that server. */
export const HERE = 'here\n'
/** The row with the time since when nobody is in a room. */
export const EMPTY = 'empty'

/** The record of a room, as its row keeps it. */
export interface RoomRecord extends Omit<RoomDetails, 'hasPassword'> {
  readonly passwordHash?: string
}

/** The public part of a record. */
export const detailsOf = ({ passwordHash, ...details }: RoomRecord): RoomDetails =>
  passwordHash === undefined ? details : { ...details, hasPassword: true }

/** Properties whose password is a hash. */
export type Hashed<P extends { readonly password?: string | null | undefined }> = Omit<P, 'password'> & {
  readonly password?: never
  readonly passwordHash?: string | Extract<P['password'], null>
}

/** The given properties of a new room. */
export type RoomGiven = Hashed<Partial<RoomProperties> & { readonly password?: string }>

/** Properties with their defaults. */
const propertiesOf = (given: RoomGiven): RoomGiven & RoomProperties => ({
  open: true,
  visible: true,
  seat: 'user',
  metadata: {},
  listed: [],
  ...given,
})

/** Makes the record of a new room. */
export const newRecord = (id: string, given: RoomGiven, by: RoomMaker, at: number): RoomRecord => ({
  id,
  by,
  at,
  ...propertiesOf(given),
})

/** Applies a change; `null` removes a property. */
export const patched = (record: RoomRecord, patch: Hashed<RoomPatch>): RoomRecord => {
  const kept = Object.entries({ ...record, ...patch }).filter(([, value]) => value !== null)
  return Object.fromEntries(kept) as unknown as RoomRecord
}

/** Makes the record of a closed room: a small one, with its maker and its end. */
export const closedRecord = ({ id, by, at, visible }: RoomRecord, closed: RoomEnd): RoomRecord => ({
  ...newRecord(id, { visible }, by, at),
  closed,
})

/** Makes the end of a room. */
export const endOf = (at: number, because: string | undefined): RoomEnd =>
  because === undefined ? { at } : { at, because }

export const recordIn = ({ value }: Pick<Row, 'value'>): RoomRecord => JSON.parse(value) as RoomRecord

/** A closed room is remembered for so long, in ms. */
export const memoryMs = 24 * 3_600_000

/** True for the record of a room that was closed so long ago that its name is free again. */
export const isForgotten = ({ closed }: RoomRecord, wall: number): boolean =>
  closed !== undefined && closed.at + memoryMs <= wall
