import type { Either } from 'fp-ts/lib/Either.js'
import { AsyncSubject, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import { asked, heard } from '../store/act.js'
import type { Change, Partition, StoreFailure } from '../store/port.js'

/** Writes to a partition, one batch after the other: what comes meanwhile goes together. */
export interface Writer {
  /** Answers once, whether it is safe. What is given while answers are told comes after all of them. */
  readonly write: (change: Change) => Observable<boolean>
  /** Emits once everything that was given is answered. */
  readonly settled: () => Observable<void>
}

interface Waiting {
  readonly change: Change
  readonly answer$: AsyncSubject<boolean>
}

/**
 * `failed` is told of each failure after a success. What could not be removed and is there for certain is tried again with
 * the next batch, and at the end; `found` are the keys that are there at first.
 */
export const writer = (
  to: Pick<Partition, 'write'>,
  found: Iterable<string>,
  failed: (failure: StoreFailure) => void,
): Writer => {
  const there = new Set(found)
  let waiting: Waiting[] = []
  let isBusy = false
  let isFailing = false
  let idle$: AsyncSubject<void> | undefined
  /** Removals that failed, by key: they go first in the next batch. */
  const owed = new Map<string, Waiting>()

  const answer = (all: readonly Waiting[], isSafe: boolean): void => {
    for (const { answer$ } of all) {
      answer$.next(isSafe)
      answer$.complete()
    }
  }
  const note = (written: readonly Waiting[]): void => {
    for (const { change } of written) {
      if (change.text === undefined) there.delete(change.key)
      else there.add(change.key)
    }
  }
  const next = (): void => {
    if (isBusy) return
    if (waiting.length === 0) {
      const settled$ = idle$
      idle$ = undefined
      settled$?.next()
      settled$?.complete()
      return
    }
    isBusy = true
    const all = [...owed.values(), ...waiting]
    owed.clear()
    waiting = []
    const written = heard((result: Either<StoreFailure, void>) => {
      if (E.isRight(result)) {
        isFailing = false
        note(all)
        answer(all, true)
      } else refused(all, result.left)
      isBusy = false
      next()
    })
    asked(() => to.write(all.map(({ change }) => change))).subscribe(written)
  }
  const refused = (all: readonly Waiting[], failure: StoreFailure): void => {
    if (!isFailing) failed(failure)
    isFailing = true
    const removals = all.filter(({ change }) => change.text === undefined)
    const isMixed = removals.length < all.length
    answer(isMixed ? all.filter((each) => !removals.includes(each)) : all, false)
    // There may be room for what is to go, without what was to come.
    if (isMixed) waiting.unshift(...removals)
    else if (failure.because !== 'fenced')
      for (const each of removals) if (there.has(each.change.key)) owed.set(each.change.key, each)
  }

  return {
    write: (change) => {
      const answer$ = new AsyncSubject<boolean>()
      owed.delete(change.key)
      waiting.push({ change, answer$ })
      next()
      return answer$.asObservable()
    },
    settled: () => {
      if (!isBusy && owed.size === 0) return of(undefined)
      const settled$ = (idle$ ??= new AsyncSubject())
      waiting.unshift(...owed.values())
      owed.clear()
      next()
      return settled$
    },
  }
}
