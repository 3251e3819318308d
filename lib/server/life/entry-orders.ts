import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Permission, Put, Refusal } from '../../protocol/frame.js'
import { unescaped } from '../../protocol/payload.js'
import { takeTry } from '../password-tries.js'
import { refusal, type RefusalCode } from '../refusal.js'
import type { SessionRecord } from '../session-record.js'
import type { Life } from './life.js'
import type { Lives } from './lives.js'
import { inviteOrder } from './order-fields.js'
import type { Order, Ordered } from './orders.js'
import type { Hashed } from './record.js'

/** Called once with what was done, or with the refusal. */
export type Answered = (outcome: Either<Refusal, { readonly version: number; readonly value?: string }>) => void

/** The rights of a session in a room at the time of an order. */
export interface Standing {
  readonly life: Life
  readonly permissions: readonly Permission[]
}

/** The orders of one session about the entry of rooms: passwords and invitations. */
export interface EntryOrders {
  /** Hashes the password of properties, which takes time: a user may do so as often as it may try passwords. */
  readonly hashed: <P extends { readonly password?: string | null }>(
    order: Order,
    given: P,
    then: Ordered,
    next: (known: Hashed<P>) => void,
  ) => void
  /** Makes an invitation, or makes all invalid. */
  readonly invite: (frame: Put, standing: Standing, then: Answered) => void
}

export const entryOrders = (session: SessionRecord, { entry, orders }: Lives): EntryOrders => {
  const { meter, user } = session
  const by = { user, session: session.session }
  return {
    hashed: ({ room }, given, then, next) => {
      const retryAfterMs = typeof given.password === 'string' ? takeTry(meter) : 0
      if (retryAfterMs > 0) then(E.left(refusal('room/rate', { retryAfterMs })))
      else
        entry.passwords.hashed(
          room,
          given,
          (known) => {
            if (E.isLeft(known)) then(known)
            else next(known.right)
          },
          meter,
        )
    },
    invite: ({ room, value }, { life, permissions }, then) => {
      const how = inviteOrder(unescaped(value))
      if (!permissions.includes('admit') && !permissions.includes('moderate'))
        then(refused('room/forbidden', mayNotModerate))
      else if (value === undefined) orders.disinvite({ room, by, payer: meter }, asOrdered(then))
      else if (how)
        entry.invitations.make(
          life,
          how,
          (text) => {
            then(E.isLeft(text) ? text : E.right({ version: 0, value: text.right }))
          },
          meter,
        )
      else then(refused('room/invalid'))
    },
  }
}

export const asOrdered =
  (then: Answered): Ordered =>
  (outcome) => {
    then(E.isLeft(outcome) ? outcome : E.right({ version: outcome.right }))
  }

export const refused = (code: RefusalCode, message?: string): Either<Refusal, never> =>
  E.left(refusal(code, message === undefined ? {} : { message }))

export const mayNotModerate = 'This user may not moderate the room.'
