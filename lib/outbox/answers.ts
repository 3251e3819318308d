import type { Result } from '../core/result.js'
import type { Receipt, Waiter } from './message.js'

/** Answers calls in the publishing phase: all results of a turn in one task, and in another one those after a throw. */
export const answers = (
  publish: (task: () => void) => void,
): ((to: readonly Waiter[], result: Result<Receipt>) => void) => {
  let waiters: Waiter[] = []
  let results: Result<Receipt>[] = []
  let told = 0

  const tell = (): void => {
    try {
      while (told < waiters.length) {
        const waiter = waiters[told]
        const result = results[told++]
        if (result) waiter?.settled(result)
      }
    } finally {
      if (told < waiters.length) publish(tell)
      else clear()
    }
  }
  const clear = (): void => {
    waiters = []
    results = []
    told = 0
  }
  return (to, result) => {
    for (const waiter of to) {
      results.push(result)
      if (waiters.push(waiter) === 1) publish(tell)
    }
  }
}
