import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { Result } from '../core/result.js'
import type { TableWatcher } from './watched.js'

/**
 * Makes a watcher of a table that tells a subscriber. `show` is called in a turn, with each change, and returns the
 * results to emit, in their order.
 */
export const watcherTo = <T>(
  to: Subscriber<Result<T>>,
  publish: (task: () => void) => void,
  show: (...change: Parameters<TableWatcher['changed']>) => readonly Result<T>[],
): TableWatcher => {
  const tell = (results: readonly Result<T>[]): void => {
    if (results.length > 0)
      publish(() => {
        for (const each of results) to.next(each)
      })
  }
  return {
    changed: (...change) => {
      tell(show(...change))
    },
    failed: (because) => {
      tell([E.left(because)])
    },
    closed: () => {
      publish(() => {
        to.complete()
      })
    },
  }
}
