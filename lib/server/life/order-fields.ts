import * as bounds from '../../protocol/bounds.js'
import { isCount, isFields } from '../../protocol/field.js'
import { Flaw } from '../../protocol/flaw.js'
import { count, flag, id, kind, type Kind, name, object, positive, texts, time } from '../../protocol/kind.js'
import { reservationMs, type RoomPatch, type RoomProperties } from '../../protocol/room-info.js'
import { isLonger } from '../../protocol/utf8.js'

/** An order that closes a room. */
export interface CloseOrder {
  /** The time until the end, in ms. Default 0. */
  readonly inMs?: number
  readonly because?: string
}

/** An order that removes or mutes a user. */
export interface SanctionOrder {
  /** How long it holds, in ms. */
  readonly forMs?: number
  readonly because?: string
}

/** An order that makes an invitation. */
export interface InviteOrder {
  /** The only user that it lets in. Default: any. */
  readonly user?: string
  /** The most users that it lets in, at most 100. Default: no limit. */
  readonly uses?: number
  /** How long it holds, in ms. Default: until the room closes. */
  readonly forMs?: number
}

/** An order that keeps a seat for a user. */
export interface ReserveOrder {
  /** How long the seat is kept, in ms, at most a day. Default a minute. */
  readonly forMs?: number
  /** Keeps a seat beyond the capacity where none is free. Default false. */
  readonly beyond?: boolean
}

/** An order that makes a room. */
export interface CreateOrder extends Partial<RoomProperties> {
  readonly password?: string
  readonly id: string
}

const metadata = /*#__PURE__*/ kind(
  `an object of at most ${bounds.metadataBytes} bytes of JSON`,
  (value) => isFields(value) && !isLonger(JSON.stringify(value), bounds.metadataBytes),
)
const listed: Kind = (value) => {
  const read = texts(value)
  return read instanceof Flaw || (read as readonly string[]).length <= bounds.listedNames
    ? read
    : new Flaw(`at most ${bounds.listedNames} texts`, value)
}
const seat = /*#__PURE__*/ kind('user or session', (value) => value === 'user' || value === 'session')
const because = /*#__PURE__*/ name(bounds.reasonBytes)
const password = /*#__PURE__*/ name(bounds.passwordBytes)

const properties = {
  'open?': flag,
  'visible?': flag,
  'capacity?': positive,
  'seat?': seat,
  'inviteOnly?': flag,
  'password?': password,
  'closesAt?': time,
  'emptyTtlMs?': count,
  'metadata?': metadata,
  'listed?': listed,
} as const

/** Accepts `null` too, which removes a property. */
const orNull =
  (read: Kind): Kind =>
  (value) =>
    value === null ? value : read(value)

const create = /*#__PURE__*/ object<CreateOrder>({ id, ...properties })
const change = /*#__PURE__*/ object<RoomPatch>({
  ...properties,
  'capacity?': orNull(positive),
  'password?': orNull(password),
  'closesAt?': orNull(time),
  'emptyTtlMs?': orNull(count),
})
const close = /*#__PURE__*/ object<CloseOrder>({ 'inMs?': count, 'because?': because })
const invite = /*#__PURE__*/ object<InviteOrder>({
  'user?': name(bounds.userBytes),
  'uses?': kind(
    `1 to ${bounds.invitationUses}`,
    (value) => isCount(value) && value > 0 && value <= bounds.invitationUses,
  ),
  'forMs?': positive,
})
const sanction = /*#__PURE__*/ object<SanctionOrder>({ 'forMs?': count, 'because?': because })

const reserve = /*#__PURE__*/ object<ReserveOrder>({
  'forMs?': kind(`at most ${reservationMs}`, (value) => isCount(value) && value <= reservationMs),
  'beyond?': flag,
})

/** Reads the fields of an order, and no others. Returns `undefined` for an invalid order. */
const reader =
  <T extends object>(read: Kind, names: readonly string[]) =>
  (value: unknown): T | undefined => {
    const known = read(value)
    if (known instanceof Flaw) return undefined
    const given = Object.entries(known as object).filter(([field, of]) => names.includes(field) && of !== undefined)
    return Object.fromEntries(given) as unknown as T
  }

const names = Object.keys(properties).map((field) => field.replace('?', ''))
const ends = ['inMs', 'forMs', 'because']

export const createOrder = /*#__PURE__*/ reader<CreateOrder>(create, ['id', ...names])
export const patchOrder = /*#__PURE__*/ reader<RoomPatch>(change, names)
export const closeOrder = /*#__PURE__*/ reader<CloseOrder>(close, ends)
export const inviteOrder = /*#__PURE__*/ reader<InviteOrder>(invite, ['user', 'uses', 'forMs'])
export const sanctionOrder = /*#__PURE__*/ reader<SanctionOrder>(sanction, ends)
export const reserveOrder = /*#__PURE__*/ reader<ReserveOrder>(reserve, ['forMs', 'beyond'])
