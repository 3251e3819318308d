import * as E from '#fp/Either'
import type { ServerRooms } from '../../lib/server/life/server-rooms.js'
import type { Write } from '../history/write.js'

/** Closes rooms of a server of that name, and writes it down with the answers. */
export const closings = (
  { get }: ServerRooms,
  name: string,
  write: Write,
  now: () => number,
): ((room: string) => void) => {
  let count = 0
  return (room) => {
    const id = `${name}-${++count}`
    write(['close', now(), id, room])
    write.flush()
    get(room)
      .close()
      .subscribe((result) => {
        write(['closed-room', now(), id, E.isLeft(result) ? result.left.code : ''])
        write.flush()
      })
  }
}
