import type { Permission } from '../protocol/frame.js'
import type { SeatHold } from './life/seat-request.js'
import type { Member } from './room.js'

/** The join of a session to a room, and later its membership. */
export interface Place {
  readonly ch: number
  readonly room: string
  isAnswered: boolean
  /** It waits for a seat, and the client knows it. */
  isWaiting: boolean
  member: Member | undefined
  /** The permissions that the client knows of. */
  permissions: readonly Permission[] | undefined
  /** Its part in the seats of a room with a capacity. */
  seat: SeatHold | undefined
}
