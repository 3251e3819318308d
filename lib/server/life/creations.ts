import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'
import { refusal } from '../refusal.js'
import type { UserAccount } from '../treasury.js'
import type { Life } from './life.js'
import type { Written } from './record-writer.js'

/** The open rooms that each user has created at this server. */
export interface Creations {
  /** Counts a creation. Returns the refusal of one too much: at a time, or in all. */
  readonly add: (user: UserAccount, room: string) => Either<Refusal, void>
  /** The room is closed, or was not created. */
  readonly ended: (room: string) => void
  /** Hears of the rooms that this server closes. */
  readonly told: (to: Written) => Written
}

/** `read` reads the life of a room; `undefined` where the engine does not answer. */
export const creations = (read: (room: string, then: (life: Life | undefined) => void) => void): Creations => {
  const makers = new Map<string, UserAccount>()
  /** The rooms of each user, the longest not looked at first. */
  const rooms = new Map<UserAccount, Set<string>>()

  const ended = (room: string): void => {
    const user = makers.get(room)
    if (!user) return
    makers.delete(room)
    user.remove('created')
    const own = rooms.get(user)
    own?.delete(room)
    if (own?.size === 0) rooms.delete(user)
  }
  /** Another server may have closed a room of the user: looks at one of them. */
  const look = (user: UserAccount): void => {
    const own = rooms.get(user)
    const [room] = own ?? []
    if (!own || room === undefined) return
    own.delete(room)
    own.add(room)
    read(room, (life) => {
      if (life && !life.exists()) ended(room)
    })
  }
  return {
    add: (user, room) => {
      const retryAfterMs = user.take('creations')
      if (retryAfterMs > 0) return E.left(refusal('delivery/rate', { retryAfterMs }))
      ended(room)
      if (!user.add('created')) {
        look(user)
        return E.left(refusal('room/limit', { message: 'This user has created as many rooms as the server allows.' }))
      }
      makers.set(room, user)
      const own = rooms.get(user) ?? new Set()
      rooms.set(user, own.add(room))
      return E.right(undefined)
    },
    ended,
    told: (to) => ({
      ...to,
      wrote: (room, record, ...more) => {
        if (record.closed) ended(room)
        to.wrote(room, record, ...more)
      },
    }),
  }
}
