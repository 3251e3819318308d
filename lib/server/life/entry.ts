import type { Join, Permission, Refusal } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import { refusal } from '../refusal.js'
import type { Tables } from '../tables/model.js'
import { type Invitations, type Invited, invitations, type Take } from './invitations.js'
import type { Life } from './life.js'
import { type Passwords, passwords } from './passwords.js'

/** A user who wants to enter a room. */
export interface Entrant extends Invited {
  readonly permissions: readonly Permission[]
}

/** The passwords of rooms and the invitations to them. */
export interface Entry {
  readonly passwords: Passwords
  readonly invitations: Invitations
  /**
   * Decides if a user may enter, by the password or the invitation of the join. `then` gets the refusal, or `undefined`, and
   * of one whom an invitation lets in the function that takes a use of it.
   */
  readonly check: (
    life: Life,
    entrant: Entrant,
    join: Pick<Join, 'password' | 'invitation'>,
    then: (because: Refusal | undefined, take?: Take) => void,
  ) => void
}

const missing = { data: { reason: 'missing' } } as const

export const entry = (context: Context, tables: Tables): Entry => {
  const known = { passwords: passwords(context), invitations: invitations(context, tables) }
  return {
    ...known,
    check: (life, entrant, { password, invitation }, then) => {
      const { passwordHash: hash, inviteOnly = false, open = true } = life.record ?? {}
      const { permissions, payer } = entrant
      // An invitation also lets into a room that is not open.
      const isFree = hash === undefined && !inviteOnly && (open || invitation === undefined)
      if (isFree || permissions.includes('admit') || permissions.includes('moderate')) then(undefined)
      else if (invitation !== undefined) known.invitations.check(life, entrant, invitation, then)
      else if (inviteOnly || hash === undefined) then(refusal('room/invitation', missing))
      else if (password === undefined) then(refusal('room/password', missing))
      else known.passwords.check({ room: life.room, password, hash, payer }, then)
    },
  }
}
