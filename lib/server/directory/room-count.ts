import type { Shared } from '../connections.js'
import { isListed, type RoomCount } from './row.js'

/** Counts the members of a room at this server; `undefined` for a room that the directory does not show. */
export const roomCount = ({ lives, rooms }: Pick<Shared, 'lives' | 'rooms'>, room: string): RoomCount | undefined => {
  if (!isListed(lives?.at(room)?.record)) return undefined
  const here = rooms.membersOf(room).filter(({ phase }) => phase !== 'joining')
  return [here.length, new Set(here.map(({ outlet }) => outlet.user)).size]
}
