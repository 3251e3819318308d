import type { Entry, Lane } from './entry.js'

export const lane = (room: string, producer: string): Lane => ({
  room, producer, waiting: [], written: [], flying: 0, notBefore: 0, pauses: 0, gathering: false,
}) // prettier-ignore

/** Puts an entry back where its sequence number belongs. */
export const putBack = ({ waiting }: Lane, entry: Entry): void => {
  insert(waiting, entry, placeOf(waiting, entry))
}

const placeOf = (sorted: readonly Entry[], { seq }: Entry): number => {
  let at = sorted.length
  while (at > 0 && (sorted[at - 1]?.seq ?? 0) > seq) at--
  return at
}

const insert = (sorted: Entry[], entry: Entry, at: number): void => {
  if (at === sorted.length) sorted.push(entry)
  else sorted.splice(at, 0, entry)
}

/**
 * Takes note that an entry is in flight; answers the seq of the nearest earlier one that is, 0 if there is none. One that
 * was given up and is sent again is written after later ones: its place is still that of its seq.
 */
export const write = (lane: Lane, entry: Entry, ref: number): number => {
  const { written } = lane
  while (written.at(-1)?.ref === 0) written.pop()
  const at = placeOf(written, entry)
  let earlier = at - 1
  while (written[earlier]?.ref === 0) earlier--
  const after = written[earlier]?.seq ?? 0
  insert(written, entry, at)
  lane.flying++
  entry.ref = ref
  return after
}

/** So many more than fly are kept of what has come back, before they are dropped together. */
const most = 64

const sweep = (written: Entry[]): void => {
  let kept = 0
  for (const entry of written) if (entry.ref > 0) written[kept++] = entry
  written.length = kept
}

/** Takes note that an entry is not in flight any more. */
export const comeBack = (lane: Lane, entry: Entry): void => {
  if (entry.ref === 0) return
  entry.ref = 0
  if (--lane.flying === 0) {
    lane.written.length = 0
    lane.gathering = false
  } else if (lane.written.length > 2 * lane.flying + most) sweep(lane.written)
}

export const isEmpty = ({ waiting, flying }: Lane): boolean => waiting.length === 0 && flying === 0

/** Whether the server has asked for a pause that is not over. */
export const isPausing = ({ notBefore }: Lane, now: () => number): boolean => notBefore > 0 && notBefore > now()
