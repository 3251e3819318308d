import type { Join, Joins } from './frame.js'

/** Expands a frame of many joins to a join for each of its rooms. */
export const joinsOf = ({ ch, rooms, want, from }: Joins): readonly Join[] =>
  rooms.map((room, at) => {
    const join = { t: 'join', ch: ch + at, room, want } as const
    if (!from) return join
    return { ...join, from: { epoch: from[2 * at] as string, offset: from[2 * at + 1] as number } }
  })
