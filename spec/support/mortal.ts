import { BehaviorSubject, concatMap, delay, filter, map, NEVER, of, type SchedulerLike, take, timer } from 'rxjs'
import * as E from '#fp/Either'
import type { Change, Partition, Store, Stored, StoreFailure } from '../../lib/store/port.js'

/** A store as one life of a client sees it, and its end. */
export interface Mortal {
  readonly store: Store
  /** As if the process were killed: nothing of it is written or answered from now on, and its leases are free. */
  readonly die: () => void
  /** What was asked to be written, in order. */
  readonly written: readonly Change[]
  /** Calls `then` right before or after the write with this number from now on, counted from 1. */
  readonly at: (write: number, when: 'before' | 'after', then: () => void) => void
  /** From now on writing fails so; `undefined`: it works again. */
  readonly fail: (because: StoreFailure['because'] | undefined) => void
  /** From now on nothing is answered, until `false`: what was asked takes effect then, in order. */
  readonly stall: (isStalled: boolean) => void
}

/** `late`: each act takes so many ms of that scheduler, and takes effect after half of them. */
export const mortal = (store: Store, late?: { readonly ms: number; readonly scheduler: SchedulerLike }): Mortal => {
  const held = new Set<Partition>()
  const written: Change[] = []
  let isDead = false
  let due: { left: number; readonly when: 'before' | 'after'; readonly then: () => void } | undefined
  const isOver = (): boolean => isDead
  const isDue = (when: 'before' | 'after'): boolean => due?.left === 0 && due.when === when
  let failing: StoreFailure['because'] | undefined
  const stalled$ = new BehaviorSubject(false)
  const awake = <T>(act: () => Stored<T>): Stored<T> =>
    stalled$.pipe(
      filter((isStalled) => !isStalled),
      take(1),
      concatMap(() => (isDead ? NEVER : act())),
    )
  const seen = <T>(act: () => Stored<T>): Stored<T> => {
    if (isDead) return NEVER
    if (stalled$.value) return awake(act)
    if (!late) return act()
    const { ms, scheduler } = late
    return timer(ms / 2, scheduler).pipe(
      concatMap(() => (isDead ? NEVER : act())),
      delay(ms / 2, scheduler),
    )
  }
  const wrap = (partition: Partition): Partition => {
    held.add(partition)
    return {
      ...partition,
      write: (changes) =>
        seen(() => {
          if (failing) return of(E.left({ because: failing, message: `made to fail: ${failing}` }))
          if (due) due.left--
          if (isDue('before')) due?.then()
          if (isOver()) return NEVER
          written.push(...changes)
          const answer$ = partition.write(changes)
          if (isDue('after')) due?.then()
          return isOver() ? NEVER : answer$
        }),
      close: () => seen(partition.close),
      discard: () => seen(partition.discard),
    }
  }
  return {
    written,
    store: {
      ...store,
      list: (owner) => seen(() => store.list(owner)),
      open: (scope, purpose) => seen(() => store.open(scope, purpose).pipe(map(E.map(wrap)))),
      erase: (owner) => seen(() => store.erase(owner)),
    },
    die: () => {
      isDead = true
      for (const partition of held) partition.close()
    },
    at: (write, when, then) => {
      due = { left: write, when, then }
    },
    fail: (because) => {
      failing = because
    },
    stall: (isStalled) => {
      stalled$.next(isStalled)
    },
  }
}
