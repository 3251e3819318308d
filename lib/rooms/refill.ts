import { type Backoff, backoff } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import { extrasOf, type RoomRecord } from './record.js'

export interface RefillNeeds {
  readonly backoff: Backoff
  readonly random: () => number
  readonly deadlines: Deadlines
}

/** Returns the wait before a rejoin that fetches missing messages; `undefined` if it was tried already, or cannot help. */
export const refillIn = (needs: RefillNeeds, room: RoomRecord): number | undefined => {
  const { epoch, offset, granted } = room
  const { refilled } = room.extras ?? {}
  if (!granted?.permissions.includes('history')) return undefined
  if (refilled?.epoch === epoch && refilled.offset === offset) return undefined
  const at = needs.deadlines.now()
  const times = refilled && at - refilled.at < 2 * needs.backoff.capMs ? refilled.times + 1 : 0
  extrasOf(room).refilled = { epoch, offset, at, times }
  return times > 1 ? backoff(needs.backoff, times - 2, needs.random()) : 0
}
