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
  /** The turn ends: the next one has its own steps. */
  readonly refill: () => void
  readonly close: () => void
}

/** Steps in one turn; what is left goes on after other work of the platform had its turn. */
const stepsPerTurn = 64

export const rota = ({ box, settings }: Context): Rota => {
  const waiting = new Set<Worker>()
  let next = Subscription.EMPTY
  let isPlanned = false
  let left = stepsPerTurn

  const plan = (): void => {
    if (isPlanned || waiting.size === 0) return
    isPlanned = true
    if (left > 0) box.enter(slice)
    else next = settings.scheduler.schedule(resume)
  }
  const resume = (): void => {
    box.enter(slice)
  }
  const slice = (): void => {
    for (const worker of waiting) {
      if (left === 0) break
      left--
      waiting.delete(worker)
      if (worker.step()) waiting.add(worker)
    }
    isPlanned = false
    plan()
  }

  return {
    wake: (worker) => {
      waiting.add(worker)
      plan()
    },
    refill: () => {
      left = stepsPerTurn
    },
    close: () => {
      waiting.clear()
      next.unsubscribe()
    },
  }
}
