import { isName } from './field.js'
import * as bounds from './bounds.js'

/** The reserved room through which clients view the directory. */
export const DIRECTORY = '@rooms'

/** The reserved room whose messages are for every user. */
export const ALL = '@all'

/** The reserved room with the messages for the user who reads it: the server keeps one room for each user. */
export const USER = '@user'

/** Returns the name of the room with the messages for a user: messages are published there. */
export const roomOfUser = (user: string): string => `${USER}/${user}`

/** Returns true for the names of the server's own rooms, which nobody creates. */
export const isReserved = (room: string): boolean => room.startsWith('@')

/** Returns true for the room with the messages for one user. */
export const isOfUser = (room: string): boolean =>
  room.startsWith(roomOfUser('')) && room.length > roomOfUser('').length

/** Returns true for a room that takes messages: of the reserved ones those for all and for one user. */
export const takesMessages = (room: string): boolean => !isReserved(room) || room === ALL || isOfUser(room)

/**
 * Returns the room that a user reads under this name; `undefined` for a reserved one that the user does not read. A user
 * whose name is too long for the name of a room has no room.
 */
export const roomReadBy = (user: string, name: string): string | undefined => {
  if (!isReserved(name) || name === DIRECTORY || name === ALL) return name
  const own = roomOfUser(user)
  return name === USER && isName(own, bounds.roomBytes) ? own : undefined
}
