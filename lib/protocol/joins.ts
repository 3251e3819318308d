import type { Position } from '../core/position.js'
import type { Join, Joins } from './frame.js'

/** Expands a frame to a join for each of its rooms. */
export const joinsOf = (frame: Join | Joins): readonly Join[] => {
  if (frame.t === 'join') return [frame]
  const { ch, rooms, want, from } = frame
  const positions = from && positionsOf(from)
  return rooms.map((room, at) => {
    const start = positions?.[at]
    return { t: 'join', ch: ch + at, room, want, ...(start && { from: start }) }
  })
}

/** The positions of a `joins`: an epoch is that of the offsets after it. */
const positionsOf = (from: readonly (string | number)[]): readonly Position[] => {
  const all: Position[] = []
  let epoch = ''
  for (const each of from) {
    if (typeof each === 'string') epoch = each
    else all.push({ epoch, offset: each })
  }
  return all
}
