import type { Permission } from '../protocol/frame.js'
import type { Member } from './room.js'

/** The state of a session in a room. */
export interface Place {
  readonly room: string
  state: 'waiting' | 'underWay' | 'in'
  member?: Member
  /** The permissions that the client knows of. */
  permissions?: readonly Permission[]
}
