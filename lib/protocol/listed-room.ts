import { isPlain } from '../core/plain.js'
import { isFields, isName } from './field.js'

/** The name of the directory's table. A view of it may add a space and any text, so that a client may have several. */
export const ROOMS = 'rooms'

/** Returns true for the name of a view of the directory. */
export const isOfRooms = (of: string): boolean => of === ROOMS || of.startsWith(`${ROOMS} `)

/** The most views of the directory that a session may have at a time. */
export const mostViews = 256

/** A room in the directory, as its row tells. */
export interface ListedRoom {
  readonly name: string
  readonly open: boolean
  /** The sessions that are in the room, on all servers. */
  readonly members: number
  /**
   * Their users. One that is in the room by several servers counts once, as long as at most 16 users are in it at each of
   * them; at a server with more, all its users count.
   */
  readonly users: number
  /** The seats that are taken or reserved, on all servers. Absent: the room has no capacity. */
  readonly taken?: number
  /** The most seats. Absent: no bound. */
  readonly capacity?: number
  /** The room closes at this time, in ms of the server's wall clock. */
  readonly closesAt?: number
  /** The room lets in users with its password, or with an invitation. */
  readonly hasPassword?: true
  /** The members of the room's metadata that are listed. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** A value that a listed member of the metadata may have to have. */
export type ListedValue = string | number | boolean | null

/** The conditions of a view: values of listed members of the metadata. */
export type Where = Readonly<Record<string, ListedValue>>

/** The most conditions of a view, and the bytes of a name or a text in them. */
export const mostConditions = 8
const conditionBytes = 256

const isListedValue = (value: unknown): value is ListedValue =>
  value === null ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  value === '' ||
  isName(value, conditionBytes)

/** Checks the conditions of a view. */
export const isWhere = (value: unknown): value is Where => {
  const conditions = isFields(value) && isPlain(value) ? Object.entries(value) : undefined
  return (
    conditions !== undefined &&
    conditions.length <= mostConditions &&
    conditions.every(([name, each]) => isName(name, conditionBytes) && isListedValue(each))
  )
}
