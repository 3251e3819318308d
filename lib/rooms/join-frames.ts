import { bounds, type Join, type Joins } from '../protocol/frame.js'
import { fromOf } from './position.js'
import type { RoomRecord } from './record.js'

/** The bounds of one frame of joins. */
export interface JoinLimits {
  readonly joinsPerFrame: number
  readonly bytesPerFrame: number
}

/** The frames of joins that are written together. */
export interface JoinFrames {
  /** Adds a room, which gets the number after that of the room before; false if it does not fit. */
  readonly add: (room: RoomRecord) => boolean
  readonly all: () => readonly (Join | Joins)[]
}

/** Rooms in a row whose joins differ in name and position alone. */
interface Row {
  readonly first: RoomRecord
  readonly rooms: string[]
  readonly from: (string | number)[]
}

/** Upper bounds of the bytes of a frame beside its names, epochs and offsets, and of an offset. */
const frameBytes = 160
const offsetBytes = 17
const want = ['messages', 'info'] as const

/** Builds frames of at most `bytes` together. `chOf`: the number of a room's join. */
export const joinFrames = (
  { joinsPerFrame, bytesPerFrame }: JoinLimits,
  bytes: number,
  chOf: (room: RoomRecord) => number = ({ ch }) => ch,
): JoinFrames => {
  const rows: Row[] = []
  const most = Math.min(bounds.joinsRooms, joinsPerFrame)
  let row: Row | undefined
  /** The epoch of the row's last room. */
  let last = ''
  let [left, leftInRow] = [bytes, 0]

  return {
    add: (room) => {
      const { name, epoch, offset, extras } = room
      const isNext =
        row !== undefined &&
        row.rooms.length < most &&
        (last === '') === (epoch === '') &&
        !isSpecial(room) &&
        !isSpecial(row.first)
      let size = offsetBytes + textBytes(name)
      for (const value of Object.values(extras?.ask ?? {})) size += textBytes(String(value))
      if (!isNext || epoch !== last) size += textBytes(epoch)
      left -= isNext ? size : size + frameBytes
      if (left < 0) return false
      leftInRow -= size
      if (!row || !isNext || leftInRow < 0) {
        row = { first: room, rooms: [], from: [] }
        rows.push(row)
        leftInRow = bytesPerFrame - frameBytes - size - textBytes(epoch)
        last = ''
      }
      row.rooms.push(name)
      if (epoch !== '') {
        if (epoch !== last) row.from.push(epoch)
        row.from.push(offset)
      }
      last = epoch
      return true
    },
    all: () => rows.map((row) => frameOf(row, chOf(row.first))),
  }
}

const frameOf = ({ first, rooms, from }: Row, ch: number): Join | Joins =>
  rooms.length === 1 ? joinOf(first, ch) : { t: 'joins', ch, rooms, want, ...(from.length > 0 && { from }) }

const joinOf = (room: RoomRecord, ch: number): Join => {
  const from = fromOf(room)
  return { t: 'join', ch, room: room.name, want, ...(from && { from }), ...room.extras?.ask }
}

/** True for a room whose join has more than a name and a position. */
const isSpecial = ({ epoch, extras }: RoomRecord): boolean =>
  extras !== undefined && (Object.keys(extras.ask ?? {}).length > 0 || (epoch === '' && extras.start !== undefined))

/** Upper bound of a text's bytes in JSON, with quotes and comma: an escape is six. */
const textBytes = (text: string): number => 3 + (beyondPlain.test(text) ? 6 : 1) * text.length
const beyondPlain = /[^ !#-[\]-~]/
