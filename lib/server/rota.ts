import { Subscription } from 'rxjs'
import type { Context } from './context.js'

/** Somebody with work that is done in small steps. */
export interface Worker {
  /** Does one step. False when there is nothing to do, or it has to wait for something that will wake it. */
  readonly step: () => boolean
  /** Whether there may be something to do. */
  readonly hasWork: () => boolean
}

/** Gives all who have work a step in turn, and lets the platform breathe in between. */
export interface Rota {
  readonly wake: (worker: Worker) => void
  readonly close: () => void
}

/** Steps before other work of the platform has its turn. */
const stepsPerSlice = 64

export const rota = ({ box, settings }: Context): Rota => {
  const waiting = new Set<Worker>()
  let next = Subscription.EMPTY
  let isPlanned = false

  const slice = (): void => {
    let steps = 0
    for (const worker of waiting) {
      if (steps++ === stepsPerSlice) break
      waiting.delete(worker)
      if (worker.step()) waiting.add(worker)
    }
    isPlanned = waiting.size > 0
    if (!isPlanned) return
    next = settings.scheduler.schedule(() => {
      box.enter(slice)
    })
  }

  return {
    wake: (worker) => {
      waiting.add(worker)
      if (isPlanned) return
      isPlanned = true
      box.enter(slice)
    },
    close: () => {
      waiting.clear()
      next.unsubscribe()
    },
  }
}
