import type { Permission } from '../protocol/frame.js'
import type { Member } from './room.js'

/** Where a session stands with a room. */
export interface Place {
  readonly room: string
  state: 'waiting' | 'underWay' | 'in'
  member?: Member
  /** What the client was told that it may do there. */
  permissions?: readonly Permission[]
}
