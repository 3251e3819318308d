import type { Result } from '../core/result.js'
import type { Receipt, Waiter } from './message.js'

/** Answers calls in the publishing phase, all results of a turn in one task. */
export const answers = (
  publish: (task: () => void) => void,
): ((to: readonly Waiter[], result: Result<Receipt>) => void) => {
  let waiters: Waiter[] = []
  let results: Result<Receipt>[] = []

  const tell = (): void => {
    const told = waiters
    const given = results
    waiters = []
    results = []
    for (const [at, waiter] of told.entries()) {
      const result = given[at]
      if (result) waiter.settled(result)
    }
  }
  return (to, result) => {
    for (const waiter of to) {
      results.push(result)
      if (waiters.push(waiter) === 1) publish(tell)
    }
  }
}
