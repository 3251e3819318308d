import * as E from '#fp/Either'
import type { Refusal } from '../../protocol/frame.js'
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
  { permissions, shared, user }: Pick<SessionRecord, 'permissions' | 'shared' | 'user'>,
  room: string,
  then: (because: Refusal | undefined) => void,
): void => {
  permissions.of(room, (granted) => {
    if (E.isLeft(granted)) then(refusal('delivery/unchecked'))
    else if (!granted.right.includes('publish')) then(refusal('delivery/forbidden'))
    else
      judged(
        { lives: shared.lives, room, judge: (life) => life.silenced({ user }), unread: 'delivery/unchecked' },
        then,
      )
  })
}
