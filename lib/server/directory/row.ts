import type { ListedRoom } from '../../protocol/listed-room.js'
import type { RoomRecord } from '../life/record.js'
import type { Row, TableId } from '../tables/model.js'

/**
 * The table of the directory: a row for each visible room, and a row for the members of a visible room at each server,
 * which needs the lease of that server.
 */
export const directoryTable: TableId = { of: 'rooms', room: '' }

/** The content of the row of a room. */
export type ListedFacts = Omit<ListedRoom, 'name' | 'members' | 'users' | 'taken'>

/**
 * The members of a room at one server, and their users; the taken seats of the room, as far as the server knows them; and
 * digests of the users, as long as they are few.
 */
export type RoomCount = readonly [members: number, users: number, taken?: number | null, who?: readonly string[]]

export const keyOfRoom = (name: string): string => `r\n${name}`
export const keyOfCount = (name: string, lease: string): string => `c\n${lease}\n${name}`

/** Returns the room of a key; the server's lease too if the row counts members. A lease has no line feed. */
export const roomOfKey = (key: string): { readonly name: string; readonly lease?: string } => {
  if (key.startsWith('r\n')) return { name: key.slice(2) }
  const end = key.indexOf('\n', 2)
  return { name: key.slice(end + 1), lease: key.slice(2, end) }
}

/** Why the directory does not show a room. Its row stays for a while, so that a late write of an older record has no effect. */
export type Unlisted = 'closed' | 'hidden'

/** Returns true for a room that the directory shows. */
export const isListed = (record: RoomRecord | undefined): boolean =>
  record !== undefined && record.visible && !record.closed

/** Returns what the directory shows of a record: of its password only that there is one. */
export const factsOf = (record: RoomRecord): ListedFacts | Unlisted => {
  if (record.closed) return 'closed'
  if (!record.visible) return 'hidden'
  const { open, capacity, closesAt, passwordHash, metadata, listed } = record
  const shown = Object.entries(metadata).filter(([name]) => listed.includes(name))
  return {
    open,
    ...(capacity !== undefined && { capacity }),
    ...(closesAt !== undefined && { closesAt }),
    ...(passwordHash !== undefined && { hasPassword: true }),
    metadata: Object.fromEntries(shown),
  }
}

export const factsIn = ({ value }: Pick<Row, 'value'>): ListedFacts | Unlisted =>
  JSON.parse(value) as ListedFacts | Unlisted
export const countIn = ({ value }: Pick<Row, 'value'>): RoomCount => JSON.parse(value) as RoomCount
