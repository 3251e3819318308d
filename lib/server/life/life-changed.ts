import type { Shared } from '../connections.js'
import type { Life, LifeChange } from './life.js'

/** Applies a change of a room's life to its members at this server. */
export const lifeChanged = (
  { rooms, tables }: Pick<Shared, 'rooms' | 'tables'>,
  life: Life,
  { isOther, users }: LifeChange,
): void => {
  const { room } = life
  for (const { outlet } of rooms.membersOf(room)) if (isOther || users.has(outlet.user)) outlet.reconsider(room)
  // Members whose connection is lost have no session, but others see them.
  if (life.closed()) tables?.presence.end({ room }, 'closed')
  for (const user of users) {
    if (life.sanctionOf('ban', user)) tables?.presence.end({ room, user }, 'banned')
    else if (life.sanctionOf('kick', user)) tables?.presence.end({ room, user }, 'kicked')
  }
}
