import type { RoomRecord } from './record.js'

/** The rooms of one link by the numbers of their joins, and by the server's. */
export interface RoomNumbers {
  /** The room with that number of its join, until the number is retired. */
  readonly of: (ch: number) => RoomRecord | undefined
  /** The room with that number of the server, from `joined` until the membership ends. */
  readonly at: (number: number) => RoomRecord | undefined
  /** Gives a room a number for its join, by default the next one. Numbers are never used again. */
  readonly add: (room: RoomRecord, ch?: number) => void
  /** Assigns a number to a request other than a join. */
  readonly allot: () => number
  /** The server has told its number. */
  readonly enter: (room: RoomRecord) => void
  readonly retire: (room: RoomRecord) => void
  /** Retires all; later numbers are still higher. */
  readonly clear: () => void
}

export const roomNumbers = (): RoomNumbers => {
  const byCh = new Map<number, RoomRecord>()
  const byNumber = new Map<number, RoomRecord>()
  let last = 0
  return {
    of: (ch) => byCh.get(ch),
    at: (number) => byNumber.get(number),
    add: (room, ch = ++last) => {
      room.ch = ch
      byCh.set(ch, room)
    },
    allot: () => ++last,
    enter: (room) => {
      byNumber.set(room.number, room)
    },
    retire: (room) => {
      byCh.delete(room.ch)
      byNumber.delete(room.number)
      room.ch = 0
      room.number = 0
    },
    clear: () => {
      byCh.clear()
      byNumber.clear()
    },
  }
}
