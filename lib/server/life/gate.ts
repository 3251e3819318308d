import * as E from '#fp/Either'
import type { Permission, Refusal } from '../../protocol/frame.js'
import { refusal, type RefusalCode } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { Life } from './life.js'
import type { Lives } from './lives.js'

/** A question to the life of a room, about one user. */
export interface Judging {
  readonly lives: Lives | undefined
  readonly room: string
  /** Returns the reason of a refusal. */
  readonly judge: (life: Life) => Refusal | undefined
  /** The refusal where the life cannot be read at present. */
  readonly unread: RefusalCode
}

/** Asks the life of a room for a refusal, and calls `then` with it: at once where the life is known. */
export const judged = ({ lives, room, judge, unread }: Judging, then: (because: Refusal | undefined) => void): void => {
  const life = lives?.at(room)
  if (life) then(judge(life))
  else if (!lives) then(undefined)
  else
    lives.read(room, (read) => {
      then(read ? judge(read) : refusal(unread))
    })
}

/** Calls `then` with the reason why a user may not publish in a room, if there is one. */
export const mayPublish = (
  session: SessionRecord,
  room: string,
  then: (because: Refusal | undefined) => void,
): void => {
  const { permissions, shared } = session
  permissions.of(room, (granted) => {
    if (E.isLeft(granted)) then(refusal('delivery/unchecked'))
    else if (!granted.right.includes('publish')) then(refusal('delivery/forbidden'))
    else {
      const judge = (life: Life): Refusal | undefined =>
        life.silenced(session) ?? uninvited(life, session, granted.right)
      judged({ lives: shared.lives, room, judge, unread: 'delivery/unchecked' }, then)
    }
  })
}

/** How soon a client tries again whose join is not answered yet, in ms. */
const soonMs = 250

/**
 * Returns the refusal of a user who has not been let into a room that needs a password or an invitation: without its
 * membership, the session neither reads the room's history nor writes to it. `given`: the permissions that the application
 * gives.
 */
export const uninvited = (life: Life, session: SessionRecord, given: readonly Permission[]): Refusal | undefined => {
  const { record } = life
  if (!record || (record.passwordHash === undefined && !record.inviteOnly)) return undefined
  const state = session.places.stateOf(life.room)
  const granted = life.grants(session, given)
  if (state === 'in' || granted.includes('admit') || granted.includes('moderate')) return undefined
  if (state === 'pending') return refusal('room/not-joined', { retryAfterMs: soonMs })
  return refusal(record.inviteOnly ? 'room/invitation' : 'room/password', { data: { reason: 'missing' } })
}
