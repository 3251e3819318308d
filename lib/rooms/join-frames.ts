import { bounds, type Join, type Joins } from '../protocol/frame.js'
import { joinsOf } from '../protocol/joins.js'
import { fromOf } from './position.js'
import type { RoomRecord } from './record.js'

/** The bounds of one frame of joins. */
export interface JoinLimits {
  readonly joinsPerFrame: number
  readonly bytesPerFrame: number
}

/** The frames of joins that are written together. */
export interface JoinFrames {
  /** Adds a room whose number follows that of the one before. */
  readonly add: (room: RoomRecord) => void
  readonly all: readonly (Join | Joins)[]
}

interface Row extends Joins {
  readonly rooms: string[]
  readonly from?: (string | number)[]
}

/** The bytes of a frame of joins beside its rooms. */
const reserve = 256
const want = ['messages', 'info'] as const

/** Builds frames: rooms in a row whose joins differ in name and position alone share one. */
export const joinFrames = ({ joinsPerFrame, bytesPerFrame }: JoinLimits): JoinFrames => {
  const all: (Join | Joins)[] = []
  const most = Math.min(bounds.joinsRooms, joinsPerFrame)
  let row: Row | undefined
  let left = 0
  return {
    all,
    add: (room) => {
      const { name, ch, epoch, offset } = room
      if (isSpecial(room)) {
        row = undefined
        all.push(joinOf(room))
        return
      }
      const bytes = 24 + 6 * (name.length + epoch.length)
      left -= bytes
      if (!row || left < 0 || row.rooms.length >= most || (row.from === undefined) !== (epoch === '')) {
        row = { t: 'joins', ch, rooms: [], want, ...(epoch !== '' && { from: [] }) }
        left = bytesPerFrame - reserve - bytes
        all.push(row)
      }
      row.rooms.push(name)
      row.from?.push(epoch, offset)
    },
  }
}

/** True for a room whose join has more than a name and a position. */
const isSpecial = ({ epoch, extras }: RoomRecord): boolean =>
  extras !== undefined &&
  (extras.ask?.mustExist !== undefined ||
    extras.ask?.password !== undefined ||
    (epoch === '' && extras.start !== undefined))

const joinOf = (room: RoomRecord): Join => {
  const from = fromOf(room)
  return { t: 'join', ch: room.ch, room: room.name, want, ...(from && { from }), ...room.extras?.ask }
}

/** The single joins of a frame. */
export const singles = (frame: Join | Joins): readonly Join[] => (frame.t === 'join' ? [frame] : joinsOf(frame))
