import type { Shared } from '../connections.js'
import { isListed, type RoomCount } from './row.js'

/** Counts the members of a room at this server, those that are about to join too; `undefined` for a room that the directory does not show. */
export const roomCount = ({ lives, rooms }: Pick<Shared, 'lives' | 'rooms'>, room: string): RoomCount | undefined => {
  if (!isListed(lives?.at(room)?.record)) return undefined
  const here = rooms.membersOf(room)
  return [here.length, new Set(here.map(({ outlet }) => outlet.user)).size]
}
