import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'
import { ROOM } from '../../protocol/room-info.js'
import type { Context } from '../context.js'
import type { Payer } from '../owner.js'
import { refusal } from '../refusal.js'
import type { Tables } from '../tables/model.js'
import { type Invitation, readInvitation, signedInvitation } from './invitation.js'
import { invitationUses } from './invitation-uses.js'
import type { Life, LifeUser } from './life.js'
import type { InviteOrder } from './order-fields.js'
import { isEqual } from './room-crypto.js'
import { secretIn, secretRow } from './secret-row.js'

/** A user who shows an invitation. */
export interface Invited extends LifeUser {
  readonly payer: Payer
}

/** Takes a use of an invitation; answers the refusal where there is none. */
export type Take = (then: (because: Refusal | undefined) => void) => void

/** The invitations to rooms, which a secret of each room signs. */
export interface Invitations {
  readonly make: (life: Life, order: InviteOrder, then: (text: Either<Refusal, string>) => void, payer?: Payer) => void
  /**
   * Calls `then` with the refusal of an invitation that does not let the user in; otherwise `take` takes a use of it, once
   * nothing else is in the way.
   */
  readonly check: (
    life: Life,
    invited: Invited,
    text: string,
    then: (because: Refusal | undefined, take?: Take) => void,
  ) => void
}

export const invitations = (context: Context, tables: Tables): Invitations => {
  const { crypto, wall, ids } = context.settings
  const uses = invitationUses(context, tables)

  const sign = (
    secret: string,
    invitation: Invitation,
    then: (text: Either<Refusal, string>) => void,
    payer?: Payer,
  ): void => {
    context.ask(
      () => signedInvitation(crypto, secret, invitation),
      (text) => {
        const { room } = invitation
        if (E.isLeft(text)) context.fault({ where: 'hook', message: `crypto: ${text.left}`, room }, () => [secret])
        then(E.isLeft(text) ? E.left(refusal('room/unavailable')) : text)
      },
      payer,
    )
  }
  /** Returns the secret of a room, which the first invitation makes. */
  const secretOf = ({ room, secret }: Life, then: (secret: Either<Refusal, string>) => void, payer?: Payer): void => {
    if (secret !== undefined) {
      then(E.right(secret))
      return
    }
    const fresh = `${ids()}${ids()}`
    context.engine(
      () => tables.write({ of: ROOM, room }, [{ _tag: 'Put', ...secretRow(fresh), ifNew: true }]),
      (answer) => {
        const outcome = E.isRight(answer) ? answer.right[0] : undefined
        if (E.isLeft(answer)) context.fault({ where: 'engine', message: answer.left, room })
        if (outcome?._tag === 'Written') then(E.right(fresh))
        else if (outcome?._tag === 'Kept' && outcome.row) then(E.right(secretIn(outcome.row)))
        else then(E.left(refusal(outcome ? 'room/table-full' : 'room/unanswered')))
      },
      payer,
    )
  }
  /** Returns the reason why an invitation does not hold, before its signature is checked. */
  const flawOf = (invitation: Invitation | undefined, room: string, user: string): string | undefined => {
    if (invitation?.room !== room) return 'invalid'
    if (invitation.until !== undefined && invitation.until <= wall()) return 'expired'
    return invitation.user === undefined || invitation.user === user ? undefined : 'other-user'
  }

  return {
    make: (life, { user, uses: most, forMs }, then, payer) => {
      if (!life.exists()) {
        then(E.left(life.closed() ?? refusal('room/not-found')))
        return
      }
      const invitation = {
        room: life.room,
        id: ids(),
        ...(user !== undefined && { user }),
        ...(most !== undefined && { uses: most }),
        ...(forMs !== undefined && { until: Math.ceil(wall() + forMs) }),
      }
      secretOf(
        life,
        (secret) => {
          if (E.isLeft(secret)) then(secret)
          else sign(secret.right, invitation, then, payer)
        },
        payer,
      )
    },
    check: ({ room, secret }, { user, session, payer }, text, then) => {
      const invalid = (reason: string): Refusal => refusal('room/invitation', { data: { reason } })
      const invitation = readInvitation(text)
      const flaw = flawOf(invitation, room, user)
      if (!invitation || flaw !== undefined || secret === undefined) {
        then(invalid(flaw ?? 'invalid'))
        return
      }
      const { id, uses: most } = invitation
      sign(
        secret,
        invitation,
        (signed) => {
          if (E.isLeft(signed)) then(signed.left)
          else if (!isEqual(signed.right, text)) then(invalid('invalid'))
          else if (most === undefined) then(undefined, unlimited)
          else
            then(undefined, (taken) => {
              uses.take({ room, id, of: most, user, session }, (outcome) => {
                if (outcome === 'taken') taken(undefined)
                else taken(outcome === 'used-up' ? invalid('used-up') : refusal('room/unavailable'))
              })
            })
        },
        payer,
      )
    },
  }
}

const unlimited: Take = (then) => {
  then(undefined)
}
