import type { Entry, Lane } from './entry.js'

export const lane = (room: string, producer: string): Lane => ({
  room, producer, waiting: [], flying: [], notBefore: 0, pauses: 0, gathering: false,
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
  const { flying } = lane
  const at = placeOf(flying, entry)
  const after = flying[at - 1]?.seq ?? 0
  insert(flying, entry, at)
  entry.ref = ref
  return after
}

/** Takes note that an entry is not in flight any more. */
export const comeBack = (lane: Lane, entry: Entry): void => {
  if (entry.ref === 0) return
  const { flying } = lane
  entry.ref = 0
  // Answers mostly come in the order of the writing.
  if (flying[0] === entry) flying.shift()
  else flying.splice(flying.indexOf(entry), 1)
  if (flying.length === 0) lane.gathering = false
}

export const isEmpty = ({ waiting, flying }: Lane): boolean => waiting.length === 0 && flying.length === 0

/** Whether the server has asked for a pause that is not over. */
export const isPausing = ({ notBefore }: Lane, now: () => number): boolean => notBefore > 0 && notBefore > now()
