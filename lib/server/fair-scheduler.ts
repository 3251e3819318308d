import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import { guard } from '../core/guard.js'
import type { Context } from './context.js'
import { type FairQueue, fairQueue, type Lot } from './fair-queue.js'
import type { Owner } from './owner.js'
import type { Worker } from './worker.js'

/**
 * Gives workers steps in turn, with breaks for other work of the platform. Owners within their share of the event loop
 * come first. Those above it get the remaining time, one after another, and at least one of them a turn in each slice.
 */
export interface FairScheduler {
  readonly wake: (worker: Worker, owner: Owner) => void
  /** Ends the turn: the next one has its own steps. */
  readonly refill: () => void
  readonly close: () => void
}

/** Maximum number of steps in a turn that began for another reason; the rest continues after other work of the platform. */
const stepsPerTurn = 16
/** Maximum number of steps before a break, and of one owner before the next one. */
const stepsPerSlice = 64
const stepsPerOwner = 8
/** Maximum time before a break, and for one owner before the next one, in ms. */
const sliceMs = 4
const ownerMs = 1

export const fairScheduler = ({ box, settings, now, bill, turnMs, fault }: Context): FairScheduler => {
  const light = fairQueue()
  const heavy = fairQueue()
  let next = Subscription.EMPTY
  let isWorking = false
  let isPlanned = false
  /** Remaining work waits for the slice, and so does later work. */
  let isLate = false
  let left = stepsPerTurn

  const laneOf = (owner: Owner): FairQueue => (owner.isHeavy() ? heavy : light)
  const plan = (): void => {
    if (isWorking) return
    if (left > 0 && !isLate && !light.isEmpty()) {
      isWorking = true
      box.enter(work)
    } else if (!isPlanned && !(light.isEmpty() && heavy.isEmpty())) {
      isPlanned = true
      next = settings.soon(slice)
    }
  }
  /** Runs a step. A step that throws is a defect; the others continue. */
  const stepOf = (worker: Worker): boolean => {
    const done = guard(() => worker.step())
    if (E.isRight(done)) return done.right
    fault({ where: 'defect', message: done.left })
    return false
  }
  /** Works in a turn that began for another reason. */
  const work = (): void => {
    for (let lot = light.take(); lot; lot = left > 0 ? light.take() : undefined) {
      left--
      for (const worker of lot.workers) {
        lot.workers.delete(worker)
        if (stepOf(worker)) lot.workers.add(worker)
        break
      }
      light.add(lot)
      if (turnMs() >= sliceMs) left = 0
    }
    isWorking = false
    isLate = !light.isEmpty()
    plan()
  }
  /** Works in turns of its own. */
  const slice = (): void => {
    const until = now() + sliceMs
    isPlanned = false
    let steps = 0
    let lot = heavy.take() ?? light.take()
    while (lot) {
      steps += serve(lot)
      lot = steps < stepsPerSlice && now() < until ? (light.take() ?? heavy.take()) : undefined
    }
    isLate = !light.isEmpty()
    plan()
  }
  const serve = ({ owner, workers }: Lot): number => {
    const until = now() + ownerMs
    let steps = 0
    for (const worker of workers) {
      if (steps === stepsPerOwner || (steps > 0 && now() >= until)) break
      steps++
      workers.delete(worker)
      if (advance(worker, owner)) workers.add(worker)
    }
    laneOf(owner).add({ owner, workers })
    return steps
  }
  const advance = (worker: Worker, owner: Owner): boolean => {
    let hasMore = false
    isWorking = true
    box.enter(() => {
      bill(owner)
      hasMore = stepOf(worker)
      isWorking = false
    })
    return hasMore
  }

  return {
    wake: (worker, owner) => {
      laneOf(owner).put(worker, owner)
      plan()
    },
    refill: () => {
      left = stepsPerTurn
    },
    close: () => {
      light.clear()
      heavy.clear()
      next.unsubscribe()
    },
  }
}
