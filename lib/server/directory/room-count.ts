import type { Shared } from '../connections.js'
import { isListed, type RoomCount } from './row.js'

/** A server tells the users of a room one by one up to so many, so that a user of several servers counts once. */
const mostUsers = 16

/** Counts the members of a room at this server; `undefined` for a room that the directory does not show. */
export const roomCount = (
  { lives, rooms, tables }: Pick<Shared, 'lives' | 'rooms' | 'tables'>,
  room: string,
): RoomCount | undefined => {
  if (!isListed(lives?.last(room)?.record)) return undefined
  const here = rooms.membersOf(room).filter(({ phase }) => phase !== 'joining')
  const users = new Set(here.map(({ outlet }) => outlet.user))
  const count = [here.length, users.size, tables?.seats.taken(room) ?? null] as const
  return users.size > mostUsers ? count : [...count, [...users].map(digest).sort()]
}

/** Returns a short digest of a name (FNV-1a of 32 bits). */
const digest = (name: string): string => {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(36)
}
