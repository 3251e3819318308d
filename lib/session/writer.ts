import type { Either } from 'fp-ts/lib/Either.js'
import { AsyncSubject, type Observable } from 'rxjs'
import * as E from '#fp/Either'
import { asked, heard } from '../store/act.js'
import type { Change, Partition, StoreFailure } from '../store/port.js'

/** Writes to a partition in batches, one after the other. Each batch is stored in one atomic step. */
export interface Writer {
  /** Queues a change for the next batch. Answers once, whether it is safe. */
  readonly write: (change: Change) => Observable<boolean>
  /** Begins a batch with everything that was queued, unless one is under way: then it begins after that one. */
  readonly flush: () => void
  /** Emits once everything that was given is answered. */
  readonly settled: () => Observable<void>
}

interface Waiting {
  readonly change: Change
  readonly answer$: AsyncSubject<boolean>
}

/** Changes that join a batch when it begins. */
export interface Collected {
  readonly changes: readonly Change[]
  readonly answered: (isSafe: boolean) => void
}

/** `isBatch`: a batch begins anyway; otherwise only urgent changes are worth one. */
export type Collect = (isBatch: boolean) => Collected | undefined

/**
 * `failed` is told of each failure after a success. What could not be removed and is there for certain is tried again with
 * the next batch, and at the end; `found` are the keys that are there at first; `collect` gives what joins each batch.
 */
export const writer = (
  to: Pick<Partition, 'write'>,
  found: Iterable<string>,
  failed: (failure: StoreFailure) => void,
  collect: Collect = () => undefined,
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
  const gather = (isBatch: boolean): void => {
    const joining = collect(isBatch)
    const [first, ...others] =
      joining?.changes.map((change): Waiting => ({ change, answer$: new AsyncSubject() })) ?? []
    if (!joining || !first) {
      joining?.answered(true)
      return
    }
    first.answer$.subscribe(heard(joining.answered))
    waiting.push(first, ...others)
  }
  const next = (): void => {
    if (isBusy) return
    gather(waiting.length > 0)
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
      return answer$.asObservable()
    },
    flush: next,
    settled: () => {
      gather(true)
      const settled$ = (idle$ ??= new AsyncSubject())
      waiting.unshift(...owed.values())
      owed.clear()
      next()
      return settled$
    },
  }
}
