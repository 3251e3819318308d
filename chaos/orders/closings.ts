import * as E from '#fp/Either'
import type { ResultStream } from '../../lib/core/result.js'
import type { Write } from '../history/write.js'

/** Closes rooms for a server, or a client, of that name, and writes it down with the answers. */
export const closings = (
  get: (room: string) => { readonly close: () => ResultStream<void> },
  name: string,
  write: Write,
  now: () => number,
): ((room: string) => void) => {
  let count = 0
  return (room) => {
    const id = `${name}-x${++count}`
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
