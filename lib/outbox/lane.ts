import type { Held, InFlight, Lane, Waiting } from './message.js'

export const lane = (room: string, producer: string): Lane => ({
  room,
  producer,
  waiting: [],
  inFlight: [],
  notBefore: 0,
  pauses: 0,
  draining: false,
})

/** Inserts a waiting message at the place of its sequence number. */
export const enqueue = (waiting: Waiting): void => {
  insert(waiting.lane.waiting, waiting)
}

/** Inserts by seq; returns the place. Most messages come in order, and are the last. */
const insert = <T extends Held>(sorted: T[], held: T): number => {
  let at = sorted.length
  while (at > 0 && (sorted[at - 1]?.message.seq ?? 0) > held.message.seq) at--
  if (at === sorted.length) sorted.push(held)
  else sorted.splice(at, 0, held)
  return at
}

/**
 * Records that a message is in flight; returns the seq of the nearest earlier one in flight, 0 if there is none. A
 * message that was given up and is sent again is written after later ones, but keeps the place of its seq.
 */
export const depart = (flying: InFlight): number => {
  const { inFlight } = flying.lane
  const at = insert(inFlight, flying)
  return inFlight[at - 1]?.message.seq ?? 0
}

/** Records that a message is no longer in flight. */
export const arrive = (flying: InFlight): void => {
  const { lane } = flying
  take(lane.inFlight, flying)
  if (lane.inFlight.length === 0) lane.draining = false
}

/** Removes a waiting message. */
export const dequeue = (waiting: Waiting): void => {
  take(waiting.lane.waiting, waiting)
}

const take = <T>(list: T[], item: T): void => {
  // Messages mostly leave in the order in which they came.
  if (list[0] === item) {
    list.shift()
    return
  }
  const at = list.indexOf(item)
  if (at >= 0) list.splice(at, 1)
}

export const isEmpty = ({ waiting, inFlight }: Lane): boolean => waiting.length === 0 && inFlight.length === 0

/** True while a pause that the server asked for lasts. */
export const isPausing = ({ notBefore }: Lane, now: () => number): boolean => notBefore > 0 && notBefore > now()
