import * as E from '#fp/Either'
import type { CallKind, Permission, Refusal } from '../../protocol/frame.js'
import { judged, uninvited } from '../life/gate.js'
import type { Life } from '../life/life.js'
import { isReserved } from '../../protocol/reserved.js'
import { refusal } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { Handled } from './handled.js'

/** The reasons of a room's life against a call. The state of a closed room may be asked for, as its history may be read. */
const judge: Readonly<Record<CallKind, (life: Life, session: SessionRecord) => Refusal | undefined>> = {
  query: (life, session) => life.banned(session),
  stream: (life, session) => life.closed() ?? life.banned(session),
  command: (life, session) => life.silenced(session),
}

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
      const judgeLife = (life: Life): Refusal | undefined =>
        judge[kind](life, session) ?? uninvited(life, session, granted.right)
      judged({ lives: shared.lives, room, judge: judgeLife, unread: 'call/unavailable' }, (because) => {
        then(because && ofCall(because))
      })
    }
  })
}

/** Returns the refusal of a call for the reason of a room. */
export const ofCall = ({ code, message, kind, ...more }: Refusal): Refusal =>
  code === 'call/unavailable' || kind === 'retry'
    ? refusal('call/unavailable', { message, ...more })
    : refusal('call/forbidden', { message, ...more, data: { ...more.data, reason: code } })
