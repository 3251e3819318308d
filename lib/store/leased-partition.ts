import * as E from '#fp/Either'
import { AsyncSubject, concatMap, interval, map, type Observable, of, type SchedulerLike, Subscription } from 'rxjs'
import { andThen, done, start } from './calls.js'
import { fenced } from './failure.js'
import type { Content, Header, KeyValueBackend, Lock, Verdict } from './key-value-backend.js'
import type { Partition, Scope, Stored } from './port.js'

interface LeasedPartitionNeeds {
  readonly shelf: KeyValueBackend
  readonly scope: Scope
  /** The header with the name of this holder. */
  readonly header: Header
  readonly content: Content
  /** The platform's lock. Without it the lease is renewed as long as the partition is held. */
  readonly lock: Lock | undefined
  /** Returns the end of a lease that is renewed now. */
  readonly ends: () => number
  readonly leaseMs: number
  readonly leaving$: Observable<unknown>
  readonly scheduler: SchedulerLike
}

/** A partition under a lease, until it is closed, discarded or lost to another holder. */
export const leasedPartition = ({
  shelf,
  scope,
  header,
  content,
  lock,
  ends,
  leaseMs,
  leaving$,
  scheduler,
}: LeasedPartitionNeeds): Partition => {
  const { token, holder } = header
  const lost$ = new AsyncSubject<void>()
  const beats = new Subscription()
  let isOver = false
  let freed$: Observable<void> | undefined

  const free = (): Observable<void> => (freed$ ??= lock?.release() ?? of(undefined))
  const end = (): void => {
    isOver = true
    beats.unsubscribe()
    lost$.complete()
  }
  const lose = (): void => {
    if (isOver) return
    lost$.next()
    end()
    void free()
  }
  /** Runs a step that only the holder may do. */
  const step = (verdict: Verdict): Stored<void> =>
    shelf
      .step(scope, (now) => (now?.holder === holder ? verdict : { _tag: 'Refuse' }))
      .pipe(
        andThen((isDone) => {
          if (isDone) return of(done)
          lose()
          return of(E.left(fenced))
        }),
      )
  const put = (by: Header): Verdict => ({ _tag: 'Write', header: by, changes: [] })
  const leave = (verdict: Verdict): Stored<void> => {
    const left = isOver ? of(done) : step(verdict)
    if (!isOver) end()
    return start(left.pipe(concatMap((answer) => free().pipe(map(() => answer)))))
  }
  const close = (): Stored<void> => leave(put({ ...header, holder: '', until: 0 }))
  if (!lock) {
    const renew = (): void => void start(step(put({ ...header, until: ends() })))
    beats.add(interval(leaseMs / 3, scheduler).subscribe({ next: renew, error: lose }))
    beats.add(leaving$.subscribe({ next: () => void close(), error: lose }))
  }

  return {
    scope,
    token,
    records: content.records,
    damaged: content.damaged,
    lost$: lost$.asObservable(),
    write: (changes) => start(isOver ? of(E.left(fenced)) : step({ _tag: 'Write', changes })),
    close,
    discard: () => leave({ _tag: 'Remove' }),
  }
}
