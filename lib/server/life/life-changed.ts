import type { Shared } from '../connections.js'
import type { Cause } from '../tables/model.js'
import type { PresenceTarget } from '../tables/presence.js'
import type { Life, LifeChange } from './life.js'

/** Applies a change of a room's life to its members at this server. */
export const lifeChanged = (
  { rooms, tables, attendance, calls }: Pick<Shared, 'rooms' | 'tables' | 'attendance' | 'calls'>,
  life: Life,
  { isInfo, isOther, users, before }: LifeChange,
): void => {
  const { room, info, record } = life
  for (const { outlet } of rooms.membersOf(room)) if (isOther || users.has(outlet.user)) outlet.reconsider(room)
  // The server that wrote the record may have stopped before it wrote the directory, or may not have heard that it wrote it.
  if (isInfo && info && record) tables?.directory.show(room, record, info, before)
  tables?.seats.changed(room)
  calls?.reconsider(room)
  // Members whose connection is lost have no session, but others see them.
  const end = (of: PresenceTarget, cause: Cause): void => {
    tables?.end(of, cause)
    attendance?.end(of, cause)
  }
  if (life.closed()) end({ room }, 'closed')
  for (const user of users) {
    if (life.sanctionOf('ban', user)) end({ room, user }, 'banned')
    else if (life.sanctionOf('kick', user)) end({ room, user }, 'kicked')
  }
}
