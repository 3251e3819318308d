import * as E from '#fp/Either'
import type { Refusal } from '../protocol/frame.js'
import { decide } from './ask-hook.js'
import type { HookMember } from './hooks.js'
import { refusal } from './refusal.js'
import type { SessionRecord } from './session-record.js'

/**
 * Asks the application about a join, unless it has let this session in and the session may still come back. `then` gets
 * the refusal, if any.
 */
export const askToJoin = (
  session: SessionRecord,
  member: HookMember,
  then: (because: Refusal | undefined) => void,
): void => {
  const { context, attendance } = session.shared
  const { join } = context.settings.hooks
  if (!join || attendance?.has(member)) {
    then(undefined)
    return
  }
  decide(
    context,
    'join',
    join,
    { ...member, roles: session.roles() },
    (answer) => {
      if (E.isLeft(answer)) then(refusal('room/unavailable'))
      else then(answer.right && refusal('room/refused', answer.right))
    },
    session.meter,
  )
}
