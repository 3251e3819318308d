import type { Either } from 'fp-ts/lib/Either.js'
import { AsyncSubject, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Deadlines } from '../core/deadlines.js'
import { asked, heard } from '../store/act.js'
import { unanswered } from '../store/failure.js'
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

export interface WriterNeeds {
  readonly to: Pick<Partition, 'write'>
  /** The keys that are there at first. */
  readonly found: Iterable<string>
  /** Told of each failure after a success. */
  readonly failed: (failure: StoreFailure) => void
  /** Gives what joins each batch. */
  readonly collect?: Collect
  /**
   * Calls `flush` as soon as no step is half given: a batch has ended, maybe in the middle of the calls that post a message
   * and commit the position that goes with it.
   */
  readonly resume: () => void
  /** How long the store may take for one batch, in ms. */
  readonly limitMs: number
  readonly deadlines: Deadlines
}

/**
 * Removals that failed, of keys that are there for certain, are tried again with the next batch, and at the end. A store
 * that takes too long is `stalled` until it answers: what it was to store, and what is given meanwhile, has failed, and
 * only removals wait.
 */
export const writer = ({
  to,
  found,
  failed,
  collect = () => undefined,
  resume,
  limitMs,
  deadlines,
}: WriterNeeds): Writer => {
  const there = new Set(found)
  let waiting: Waiting[] = []
  let state: 'idle' | 'writing' | 'stalled' = 'idle'
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
  const tell = (failure: StoreFailure): void => {
    if (!isFailing) failed(failure)
    isFailing = true
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
  const idle = (): void => {
    const settled$ = idle$
    idle$ = undefined
    settled$?.next()
    settled$?.complete()
  }
  /** Fails what was to be put; what is to be removed waits on. */
  const failPuts = (): void => {
    gather(true)
    const puts = waiting.filter(isPut)
    waiting = waiting.filter((each) => !isPut(each))
    answer(puts, false)
  }
  const next = (): void => {
    if (state === 'stalled') failPuts()
    if (state !== 'idle') return
    gather(waiting.length > 0)
    const all = [...owed.values(), ...waiting]
    if (waiting.length === 0) idle()
    else {
      owed.clear()
      waiting = []
      begin(all)
    }
  }
  const begin = (all: readonly Waiting[]): void => {
    state = 'writing'
    const late = deadlines.after(limitMs, () => {
      state = 'stalled'
      tell(unanswered(limitMs))
      answer(all.filter(isPut), false)
      failPuts()
      idle()
    })
    const written = heard((result: Either<StoreFailure, void>) => {
      late.cancel()
      const open = state === 'stalled' ? all.filter((each) => !isPut(each)) : all
      // What is written while answers are told comes after them.
      state = 'writing'
      const rest = E.isLeft(result) ? refused(open, result.left) : stored(all, open)
      if (rest.length > 0) begin(rest)
      else {
        state = 'idle'
        if (idle$) next()
        else resume()
      }
    })
    asked(() => to.write(all.map(({ change }) => change))).subscribe(written)
  }
  const stored = (all: readonly Waiting[], open: readonly Waiting[]): readonly Waiting[] => {
    isFailing = false
    note(all)
    answer(open, true)
    return []
  }
  /** Gives the removals that are tried alone: there may be room for them without what was to come. */
  const refused = (all: readonly Waiting[], why: StoreFailure): readonly Waiting[] => {
    tell(why)
    const removals = all.filter((each) => !isPut(each))
    if (removals.length > 0 && removals.length < all.length) {
      answer(all.filter(isPut), false)
      return removals
    }
    answer(all, false)
    if (why.because !== 'fenced')
      for (const each of removals) if (there.has(each.change.key)) owed.set(each.change.key, each)
    return []
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
      if (state === 'stalled') return of(undefined)
      gather(true)
      const settled$ = (idle$ ??= new AsyncSubject())
      waiting.unshift(...owed.values())
      owed.clear()
      next()
      return settled$
    },
  }
}

const isPut = ({ change }: Waiting): boolean => change.text !== undefined
