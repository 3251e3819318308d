import { bounds, type From, type Join, type Joins } from '../protocol/frame.js'

/** The bounds of one frame of joins. */
export interface MergeLimits {
  readonly joinsPerFrame: number
  readonly bytesPerFrame: number
}

/** Fewer joins in a row than this are written one by one. */
const few = 8

/** The bytes of a frame of joins beside its rooms. */
const reserve = 256

/** Merges joins in a row that differ in room and position alone into frames of many. */
export const merged = (joins: readonly Join[], limits: MergeLimits): readonly (Join | Joins)[] => {
  if (joins.length < few) return joins
  const frames: (Join | Joins)[] = []
  for (let start = 0; start < joins.length;) {
    const row = joins.slice(start, endOfRow(joins, start, limits))
    if (row.length < few) frames.push(...row)
    else frames.push(many(row))
    start += row.length
  }
  return frames
}

const endOfRow = (joins: readonly Join[], start: number, { joinsPerFrame, bytesPerFrame }: MergeLimits): number => {
  const most = Math.min(joins.length, start + Math.min(bounds.joinsRooms, joinsPerFrame))
  const kind = kindOf(joins[start])
  let left = bytesPerFrame - reserve
  let end = start
  while (end < most && (end === start || (kind !== 'other' && kindOf(joins[end]) === kind))) {
    left -= bytesOf(joins[end])
    if (left < 0 && end > start) break
    end++
  }
  return end
}

const kindOf = (join: Join | undefined): 'next' | 'position' | 'other' => {
  if (!join || join.mustExist !== undefined || join.password !== undefined) return 'other'
  if (join.from === undefined) return 'next'
  return isPosition(join.from) ? 'position' : 'other'
}

const isPosition = (from: From): from is Exclude<From, { readonly last: number }> => 'epoch' in from

/** Upper bound of a join's bytes in a frame of many. */
const bytesOf = ({ room, from }: Pick<Join, 'room' | 'from'> = { room: '' }): number =>
  24 + 6 * (room.length + (from && isPosition(from) ? from.epoch.length : 0))

const many = (row: readonly Join[]): Joins => {
  const [{ ch, want, from: first }] = row as readonly [Join]
  const rooms: string[] = []
  const from: (string | number)[] = []
  for (const join of row) {
    rooms.push(join.room)
    if (join.from && isPosition(join.from)) from.push(join.from.epoch, join.from.offset)
  }
  return first ? { t: 'joins', ch, rooms, want, from } : { t: 'joins', ch, rooms, want }
}
