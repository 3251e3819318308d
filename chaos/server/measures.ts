import * as E from '#fp/Either'
import type { ServerRooms } from '../../lib/server/life/server-rooms.js'
import type { MeasureKind } from '../history/sanction.js'
import type { Write } from '../history/write.js'

/** An order against a user in a room. */
export interface Measure {
  readonly kind: MeasureKind
  readonly room: string
  readonly user: string
  /** How long it holds, in ms. */
  readonly forMs: number
}

/** Gives the orders of a server of that name, and writes them down with their answers: one after another for the same user. */
export const measures = (
  { get }: ServerRooms,
  name: string,
  write: Write,
  now: () => number,
): ((measure: Measure) => void) => {
  const pending = new Set<string>()
  let count = 0
  return ({ kind, room, user, forMs }) => {
    const key = `${kind.replace('un', '')} ${user} ${room}`
    if (pending.has(key)) return
    pending.add(key)
    const id = `${name}-${++count}`
    const at = get(room)
    write(['order', now(), id, kind, room, user, forMs])
    write.flush()
    const answer$ = kind === 'ban' || kind === 'mute' ? at[kind](user, { forMs }) : at[kind](user)
    answer$.subscribe((result) => {
      pending.delete(key)
      write(['ordered', now(), id, E.isLeft(result) ? result.left.code : ''])
      write.flush()
    })
  }
}
