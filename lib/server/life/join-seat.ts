import type { Member } from '../room.js'
import type { SessionRecord } from '../session-record.js'
import type { RoomSeats } from './room-seats.js'
import type { SeatHold, SeatRequest } from './seat-request.js'

/** The wish of a join for a seat of its room, and the answers. */
export interface JoinSeat extends Pick<
  SeatRequest,
  'isAdmitted' | 'isExpected' | 'waits' | 'seated' | 'refused' | 'ended'
> {
  /** The join waits, and the client knows it. */
  readonly waiting: () => void
}

/** Returns the seats of a member's room; `undefined` where it needs none. */
export const seatsIn = ({ shared }: Pick<SessionRecord, 'shared'>, { room }: Member): RoomSeats | undefined =>
  room.life && shared.tables?.seats.in(room.life)

/** Prepares the seat of a join with this number: its client sees the place in the queue. */
export const askForSeat = (
  { user, session, writer }: SessionRecord,
  seats: RoomSeats,
  ch: number,
  { waiting, ...join }: JoinSeat,
): SeatHold =>
  seats.ask({
    ...join,
    user,
    session,
    told: (place, of) => {
      waiting()
      const hasRoom = writer.hasRoom()
      if (hasRoom) writer.control({ t: 'waiting', ch, place, of })
      return hasRoom
    },
  })

/** Gives a seat to a session that was in the room before this needed seats. */
export const keepSeat = (
  session: SessionRecord,
  member: Member,
  refused: SeatRequest['refused'],
): SeatHold | undefined => {
  const seats = seatsIn(session, member)
  return (
    seats &&
    askForSeat(session, seats, member.ch, {
      isAdmitted: true,
      isExpected: true,
      waits: false,
      seated: ignore,
      waiting: ignore,
      refused,
      ended: ignore,
    })
  )
}

const ignore = (): void => undefined
