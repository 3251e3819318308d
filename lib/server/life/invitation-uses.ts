import * as E from '#fp/Either'
import { ROOM } from '../../protocol/room-info.js'
import type { Context } from '../context.js'
import type { Row, Tables } from '../tables/model.js'
import type { LifeUser } from './life.js'

/** A use of an invitation by a user. */
export interface InvitationUse extends LifeUser {
  readonly room: string
  /** The id of the invitation, and the most users that it lets in. */
  readonly id: string
  readonly of: number
}

export type UseOutcome = 'taken' | 'used-up' | 'failed'

/** The users that invitations have let in: a row for each invitation with a limit. */
export interface InvitationUses {
  /** Takes a use, which a user does once: each later join of the user takes none. */
  readonly take: (use: InvitationUse, then: (outcome: UseOutcome) => void) => void
}

const prefix = 'used\n'

/** The most attempts at a row that others change meanwhile. */
const mostTries = 16

export const invitationUses = (context: Context, tables: Tables): InvitationUses => {
  const attempt = (
    use: InvitationUse,
    row: Row | undefined,
    tries: number,
    then: (outcome: UseOutcome) => void,
  ): void => {
    const { room, id, of, user, session } = use
    const users = row ? (JSON.parse(row.value) as readonly string[]) : []
    // Without authentication all users have one name, and the session tells them apart.
    const who = user === 'anonymous' ? `\n${session}` : user
    if (users.includes(who)) then('taken')
    else if (users.length >= of) then('used-up')
    else
      context.engine(
        () =>
          tables.write({ of: ROOM, room }, [
            {
              _tag: 'Put',
              key: `${prefix}${id}`,
              value: JSON.stringify([...users, who]),
              ifVersion: row?.version ?? 0,
            },
          ]),
        (answer) => {
          const outcome = E.isRight(answer) ? answer.right[0] : undefined
          if (E.isLeft(answer)) context.fault({ where: 'engine', message: answer.left, room })
          if (outcome?._tag === 'Written') then('taken')
          else if (outcome?._tag === 'Kept' && tries > 0) attempt(use, outcome.row, tries - 1, then)
          else then('failed')
        },
      )
  }
  return {
    take: (use, then) => {
      const { room, id } = use
      context.engine(
        () => tables.page({ of: ROOM, room }, { prefix: `${prefix}${id}`, count: 1 }),
        (page) => {
          // The id of another invitation may begin with this one.
          if (E.isRight(page))
            attempt(
              use,
              page.right.rows.find(({ key }) => key === `${prefix}${id}`),
              mostTries,
              then,
            )
          else {
            context.fault({ where: 'engine', message: page.left, room })
            then('failed')
          }
        },
      )
    },
  }
}
