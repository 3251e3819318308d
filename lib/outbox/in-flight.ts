import type { Entry, Lane } from './entry.js'
import { removeInFlight, requeue, write } from './lane.js'

/** The messages in flight on the current link. */
export interface InFlight {
  readonly get: (ref: number | undefined) => Entry | undefined
  readonly all: () => Iterable<Entry>
  readonly size: () => number
  readonly bytes: () => number
  /** Records a written entry; returns the seq of the nearest earlier one of its lane in flight, 0 if there is none. */
  readonly add: (lane: Lane, entry: Entry) => number
  /** Records that an entry is no longer in flight. */
  readonly remove: (lane: Lane, entry: Entry) => void
  /** The link ended: puts everything back in its lane. */
  readonly clear: () => void
}

export const inFlight = (): InFlight => {
  const byRef = new Map<number, Entry>()
  let lastRef = 0
  let bytes = 0
  return {
    get: (ref) => (ref === undefined ? undefined : byRef.get(ref)),
    all: () => byRef.values(),
    size: () => byRef.size,
    bytes: () => bytes,
    add: (lane, entry) => {
      const after = write(lane, entry, ++lastRef)
      byRef.set(lastRef, entry)
      bytes += entry.bytes
      return after
    },
    remove: (lane, entry) => {
      if (entry.ref === 0) return
      byRef.delete(entry.ref)
      bytes -= entry.bytes
      removeInFlight(lane, entry)
    },
    clear: () => {
      for (const entry of byRef.values()) {
        if (!entry.lane) continue
        removeInFlight(entry.lane, entry)
        requeue(entry.lane, entry)
      }
      byRef.clear()
      bytes = 0
    },
  }
}
