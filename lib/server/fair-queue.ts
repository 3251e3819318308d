import { fifo } from './fifo.js'
import type { Owner } from './owner.js'
import type { Worker } from './worker.js'

/** The workers of one owner that have work. */
export interface Lot {
  readonly owner: Owner
  readonly workers: Set<Worker>
}

/** Owners with work, the longest waiting first. */
export interface FairQueue {
  readonly put: (worker: Worker, owner: Owner) => void
  /** Adds the rest of a lot. */
  readonly add: (lot: Lot) => void
  readonly take: () => Lot | undefined
  readonly isEmpty: () => boolean
  readonly clear: () => void
}

export const fairQueue = (): FairQueue => {
  const lots = new Map<Owner, Lot>()
  const order = fifo<Lot>()
  const add = (lot: Lot): void => {
    lots.set(lot.owner, lot)
    order.put(lot)
  }
  return {
    put: (worker, owner) => {
      const lot = lots.get(owner)
      if (lot) lot.workers.add(worker)
      else add({ owner, workers: new Set([worker]) })
    },
    add: (lot) => {
      const present = lots.get(lot.owner)
      if (present) for (const worker of lot.workers) present.workers.add(worker)
      else if (lot.workers.size > 0) add(lot)
    },
    take: () => {
      const lot = order.take()
      if (lot) lots.delete(lot.owner)
      return lot
    },
    isEmpty: () => lots.size === 0,
    clear: () => {
      lots.clear()
      order.clear()
    },
  }
}
