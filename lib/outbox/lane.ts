import type { Entry, Lane } from './entry.js'

export const lane = (room: string, producer: string): Lane => ({
  room, producer, waiting: [], flying: [], notBefore: 0, pauses: 0, gathering: false,
}) // prettier-ignore

/** Inserts an entry at the place of its sequence number. */
export const requeue = ({ waiting }: Lane, entry: Entry): void => {
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
 * Records that an entry is in flight; returns the seq of the nearest earlier one in flight, 0 if there is none. An
 * entry that was given up and is sent again is written after later ones, but keeps the place of its seq.
 */
export const write = (lane: Lane, entry: Entry, ref: number): number => {
  const { flying } = lane
  const at = placeOf(flying, entry)
  const after = flying[at - 1]?.seq ?? 0
  insert(flying, entry, at)
  entry.ref = ref
  return after
}

/** Records that an entry is no longer in flight. */
export const removeInFlight = (lane: Lane, entry: Entry): void => {
  if (entry.ref === 0) return
  const { flying } = lane
  entry.ref = 0
  // Answers mostly arrive in the order of the writes.
  if (flying[0] === entry) flying.shift()
  else flying.splice(flying.indexOf(entry), 1)
  if (flying.length === 0) lane.gathering = false
}

export const isEmpty = ({ waiting, flying }: Lane): boolean => waiting.length === 0 && flying.length === 0

/** True while a pause that the server asked for lasts. */
export const isPausing = ({ notBefore }: Lane, now: () => number): boolean => notBefore > 0 && notBefore > now()
