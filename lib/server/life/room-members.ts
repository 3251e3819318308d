import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'
import type { Shared } from '../connections.js'
import { refusal } from '../refusal.js'
import { keyOfMember, type MemberValue, nameOf } from '../tables/kinds.js'
import type { Row } from '../tables/model.js'

/** A session in a room. */
export interface RoomMember {
  readonly user: string
  readonly session: string
  /** The state that others see; absent for a session that others do not see. */
  readonly state?: unknown
  /** True for a session that is connected to this server. */
  readonly isHere: boolean
}

/** The rows of one page. */
const pageRows = 1_000

/** Reads the members of a room: all that others see, and all that are joined at this server. */
export const roomMembers = (
  { context, rooms, tables }: Pick<Shared, 'context' | 'rooms' | 'tables'>,
  room: string,
  then: (result: Either<Refusal, readonly RoomMember[]>) => void,
): void => {
  const found = new Map<string, RoomMember>()
  const add = ({ key, value }: Row): void => {
    const user = nameOf(key)
    const [state] = JSON.parse(value) as MemberValue
    found.set(key, { user, session: key.slice(user.length + 1), state, isHere: false })
  }
  const finish = (): void => {
    for (const { outlet, phase } of rooms.membersOf(room)) {
      const { user, session } = outlet
      const key = keyOfMember(outlet)
      if (phase !== 'joining') found.set(key, { ...(found.get(key) ?? { user, session }), isHere: true })
    }
    then(E.right([...found.values()]))
  }
  const read = (after?: string): void => {
    if (!tables) return
    context.engine(
      () => tables.tables.page({ of: 'members', room }, { count: pageRows, ...(after !== undefined && { after }) }),
      (page) => {
        if (E.isLeft(page)) {
          context.fault({ where: 'engine', message: page.left, room })
          then(E.left(refusal('room/unavailable')))
          return
        }
        for (const row of page.right.rows) add(row)
        if (page.right.more) read(page.right.rows.at(-1)?.key)
        else finish()
      },
    )
  }
  read()
}
