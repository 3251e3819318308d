import * as E from '#fp/Either'
import type { Permission, Refusal } from '../../protocol/frame.js'
import { judged, uninvited } from '../life/gate.js'
import type { Life } from '../life/life.js'
import { isReserved } from '../permissions.js'
import { refusal } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { Handled } from './handled.js'

/** Calls `then` with the reason why a session may not make a call, if there is one. */
export const mayCall = (
  session: SessionRecord,
  { type: { kind } }: Handled,
  room: string | undefined,
  then: (because: Refusal | undefined) => void,
): void => {
  if (room === undefined) {
    then(undefined)
    return
  }
  if (isReserved(room)) {
    then(refusal('call/forbidden'))
    return
  }
  const { permissions, shared } = session
  const needed: Permission = kind === 'command' ? 'publish' : 'read'
  permissions.of(room, (granted) => {
    if (E.isLeft(granted)) then(refusal('call/unavailable'))
    else if (!granted.right.includes(needed)) {
      permissions.forget(room)
      then(refusal('call/forbidden'))
    } else {
      const judge = (life: Life): Refusal | undefined =>
        (kind === 'command' ? life.silenced(session) : life.banned(session)) ?? uninvited(life, session, granted.right)
      judged({ lives: shared.lives, room, judge, unread: 'call/unavailable' }, (because) => {
        then(because && ofCall(because))
      })
    }
  })
}

/** Returns the refusal of a call for the reason of a room. */
const ofCall = ({ code, message, kind, ...more }: Refusal): Refusal =>
  code === 'call/unavailable' || kind === 'retry'
    ? refusal('call/unavailable', { message, ...more })
    : refusal('call/forbidden', { message, ...more, data: { ...more.data, reason: code } })
