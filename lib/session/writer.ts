import type { Either } from 'fp-ts/lib/Either.js'
import { AsyncSubject, type Observable, of } from 'rxjs'
import * as E from '#fp/Either'
import type { Deadlines } from '../core/deadlines.js'
import { callStore, observer } from '../store/calls.js'
import { unanswered } from '../store/failure.js'
import type { Change, Partition, StoreFailure } from '../store/port.js'
import { type Collect, isPut, type QueuedChange, writeQueue } from './write-queue.js'

/** Writes to a partition in batches, one after the other. Stores each batch in one atomic step. */
export interface Writer {
  /** Queues a change for the next batch. Answers once: true if it is stored. */
  readonly write: (change: Change) => Observable<boolean>
  /** Starts a batch with all queued changes, or after the current batch. */
  readonly flush: () => void
  /** Emits once every change is answered. */
  readonly settled: () => Observable<void>
}

export interface WriterNeeds {
  readonly to: Pick<Partition, 'write'>
  /** The keys in the partition at first. */
  readonly found: Iterable<string>
  /** Reports each failure after a success. */
  readonly failed: (failure: StoreFailure) => void
  /** Returns the changes that join each batch. */
  readonly collect?: Collect
  /**
   * Requests a `flush` at the end of the current step. Called when a batch has ended, possibly between the calls that post
   * a message and commit its position.
   */
  readonly resume: () => void
  /** The store's time limit for one batch, in ms. */
  readonly limitMs: number
  readonly deadlines: Deadlines
}

/**
 * Makes a writer. Failed removals, of keys that certainly exist, are retried with the next batch, and at the end. A
 * store that takes too long is `stalled` until it answers: its batch, and puts given meanwhile, have failed, and only
 * removals wait.
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
  const queue = writeQueue(found, collect)
  let state: 'idle' | 'writing' | 'stalled' = 'idle'
  let isFailing = false
  let idle$: AsyncSubject<void> | undefined

  const tell = (failure: StoreFailure): void => {
    if (!isFailing) failed(failure)
    isFailing = true
  }
  const idle = (): void => {
    const settled$ = idle$
    idle$ = undefined
    settled$?.next()
    settled$?.complete()
  }
  /** Fails the waiting puts; removals keep waiting. */
  const failPuts = (): void => {
    queue.gather(true)
    answer(queue.takePuts(), false)
  }
  const next = (): void => {
    if (state === 'stalled') failPuts()
    if (state !== 'idle') return
    queue.gather(!queue.isEmpty())
    if (queue.isEmpty()) idle()
    else begin(queue.takeAll())
  }
  const begin = (all: readonly QueuedChange[]): void => {
    state = 'writing'
    const late = deadlines.after(limitMs, () => {
      state = 'stalled'
      tell(unanswered(limitMs))
      answer(all.filter(isPut), false)
      failPuts()
      idle()
    })
    const written = observer((result: Either<StoreFailure, void>) => {
      late.cancel()
      const open = state === 'stalled' ? all.filter((each) => !isPut(each)) : all
      // Writes during answers come after those answers.
      state = 'writing'
      const rest = E.isLeft(result) ? refused(open, result.left) : stored(all, open)
      if (rest.length > 0) begin(rest)
      else {
        state = 'idle'
        if (idle$) next()
        else resume()
      }
    })
    callStore(() => to.write(all.map(({ change }) => change))).subscribe(written)
  }
  const stored = (all: readonly QueuedChange[], open: readonly QueuedChange[]): readonly QueuedChange[] => {
    isFailing = false
    queue.stored(all)
    answer(open, true)
    return []
  }
  /** Returns the removals to retry alone: the store may have room for them without the puts. */
  const refused = (all: readonly QueuedChange[], why: StoreFailure): readonly QueuedChange[] => {
    tell(why)
    const removals = all.filter((each) => !isPut(each))
    if (removals.length > 0 && removals.length < all.length) {
      answer(all.filter(isPut), false)
      return removals
    }
    answer(all, false)
    if (why.because !== 'fenced') queue.retryLater(removals)
    return []
  }

  return {
    write: queue.add,
    flush: next,
    settled: () => {
      if (state === 'stalled') return of(undefined)
      queue.gather(true)
      const settled$ = (idle$ ??= new AsyncSubject())
      queue.retryNow()
      next()
      return settled$
    },
  }
}

const answer = (changes: readonly QueuedChange[], isSafe: boolean): void => {
  for (const { answer$ } of changes) {
    answer$.next(isSafe)
    answer$.complete()
  }
}
