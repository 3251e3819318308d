import type { Entry } from './entry.js'

/** The messages of one room in the order of their sequence numbers: what waits, and what is in flight. */
export interface Lane {
  readonly room: string
  /** Sorted by seq. */
  readonly waiting: Entry[]
  /** Those written on this link, sorted by seq; one without a ref has come back. */
  readonly written: Entry[]
  flying: number
  /** Nothing is written before this time: the server asked for a pause. */
  notBefore: number
  pauses: number
  /** After a refusal that may be retried: waits until all that flies has come back, so that the order is kept. */
  gathering: boolean
}

export const lane = (room: string): Lane => ({
  room, waiting: [], written: [], flying: 0, notBefore: 0, pauses: 0, gathering: false,
}) // prettier-ignore

/** Puts an entry back where its sequence number belongs. */
export const putBack = ({ waiting }: Lane, entry: Entry): void => {
  let at = waiting.length
  while (at > 0 && (waiting[at - 1]?.seq ?? 0) > entry.seq) at--
  waiting.splice(at, 0, entry)
}

/**
 * Takes note that an entry is in flight; answers the seq of the nearest earlier one that is, 0 if there is none. One that
 * was given up and is sent again is written after later ones: its place is still that of its seq.
 */
export const write = (lane: Lane, entry: Entry, ref: number): number => {
  const { written } = lane
  while (written.at(-1)?.ref === 0) written.pop()
  let at = written.length
  while (at > 0 && (written[at - 1]?.seq ?? 0) > entry.seq) at--
  let earlier = at - 1
  while (written[earlier]?.ref === 0) earlier--
  const after = written[earlier]?.seq ?? 0
  written.splice(at, 0, entry)
  lane.flying++
  entry.ref = ref
  return after
}

/** Takes note that an entry is not in flight any more. */
export const comeBack = (lane: Lane, entry: Entry): void => {
  if (entry.ref === 0) return
  entry.ref = 0
  if (--lane.flying === 0) {
    lane.written.length = 0
    lane.gathering = false
  }
}

export const isEmpty = ({ waiting, flying }: Lane): boolean => waiting.length === 0 && flying === 0
