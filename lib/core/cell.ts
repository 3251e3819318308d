import { Observable, type Subscriber, Subscription } from 'rxjs'
import { frozen } from './frozen.js'
import type { Mailbox } from './mailbox.js'

/** A value that changes in turns. All observers see the same changes in the same order. */
export interface Cell<T> {
  /** The committed value. */
  readonly value: () => T
  /**
   * Freezes and commits a value; observers, which all get the same object, receive it in the publishing phase. Setting
   * the same reference is no change.
   */
  readonly set: (value: T) => void
  /**
   * The committed value at once, then every later change. A subscription from outside is a turn of its own: calls from
   * inside the replay run after it.
   */
  readonly changes$: Observable<T>
  /** The same for parts of this library. */
  readonly watch: (told: (value: T) => void) => Subscription
  /** Completes the observers after all published values. */
  readonly complete: () => void
}

interface Watch<T> {
  readonly to: Pick<Subscriber<T>, 'next' | 'complete'>
  version: number
}

/** Makes a cell in a mailbox. An observer never gets its replayed value again from a publication in progress. */
export const cell = <T>(initial: T, box: Pick<Mailbox, 'within' | 'publish'>): Cell<T> => {
  const watches = new Set<Watch<T>>()
  let committed = frozen(initial)
  let version = 0
  let completed = false

  const tell = (value: T, at: number): void => {
    for (const watch of watches) {
      if (watch.version >= at) continue
      watch.version = at
      watch.to.next(value)
    }
  }

  const add = (to: Watch<T>['to']): Subscription => {
    const watch: Watch<T> = { to, version }
    box.within(() => {
      watch.version = version
      if (!completed) watches.add(watch)
      to.next(committed)
      if (completed) to.complete()
    })
    return new Subscription(() => {
      watches.delete(watch)
    })
  }

  return {
    value: () => committed,
    set: (value) => {
      if (value === committed || completed) return
      committed = frozen(value)
      const at = ++version
      if (watches.size > 0)
        box.publish(() => {
          tell(value, at)
        })
    },
    changes$: new Observable<T>(add),
    watch: (told) => add({ next: told, complete: () => undefined }),
    complete: () => {
      if (completed) return
      completed = true
      box.publish(() => {
        for (const { to } of watches) to.complete()
      })
    },
  }
}
