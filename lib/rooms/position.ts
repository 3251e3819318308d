import type { From, Joined } from '../protocol/frame.js'
import { grant } from './membership.js'
import { positionOf, type RoomRecord } from './record.js'

/** Moves the room to the position of the answer. */
export const setPosition = (room: RoomRecord, { number, epoch, base, head, info, permissions }: Joined): void => {
  room.number = number
  room.epoch = epoch
  room.offset = base
  room.replayedTo = head
  room.granted = grant(info, permissions)
  if (!room.extras) return
  room.extras.refusal = undefined
  room.extras.start = undefined
  room.extras.retries = 0
}

/** Forgets the position, the request and the answer. */
export const forget = (room: RoomRecord): void => {
  room.epoch = ''
  room.offset = 0
  if (!room.extras) return
  room.extras.retry?.unsubscribe()
  room.extras.refilled = undefined
  room.extras.ask = undefined
  room.extras.start = undefined
  room.extras.refusal = undefined
  room.extras.retries = 0
}

/** The place from which the room is joined: its position, or the start that its first join asks for. */
export const fromOf = (room: RoomRecord): From | undefined => positionOf(room) ?? room.extras?.start
