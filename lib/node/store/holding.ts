import { join } from 'node:path'
import {
  AsyncSubject,
  catchError,
  concatMap,
  exhaustMap,
  map,
  type Observable,
  of,
  Subject,
  Subscription,
  tap,
} from 'rxjs'
import * as E from '#fp/Either'
import { start, done } from '../../store/calls.js'
import { failure, fenced } from '../../store/failure.js'
import type { Partition, Scope, StoreFailure, Stored } from '../../store/port.js'
import { appender } from './appender.js'
import { hasCode, removed } from './disk.js'
import { type FileLock, type LockNeeds, takeLock } from './lock.js'
import { wholeLog } from './log.js'
import type { FileName } from './names.js'

/** The place of a partition, and its lock. */
export interface Place extends LockNeeds {
  readonly lock: FileLock
  readonly folder: string
  readonly stem: string
  readonly scope: Scope
  /** Returns the files of the folder, those of higher numbers first. */
  readonly files: () => Observable<readonly FileName[]>
}

export interface HoldingNeeds extends Place {
  /** The name of the log. */
  readonly name: string
  /** The identity of the folder when the log was written. */
  readonly identity: string
  readonly records: Map<string, string>
  readonly openedAt: number
  readonly size: number
  readonly damaged: readonly string[]
}

/** An entered partition. The holder rewrites removed files; a partition with another holder is lost. */
export const holding = (needs: HoldingNeeds): Partition => {
  const { disk, folder, stem, scope, name, records, openedAt, size } = needs
  const lost$ = new AsyncSubject<void>()
  const faults$ = new Subject<StoreFailure>()
  const beats = new Subscription()
  let { lock, identity } = needs
  let isOver = false

  const tell = (message: string): void => {
    faults$.next(failure('failed', message))
  }
  const end = (): void => {
    isOver = true
    beats.unsubscribe()
    lost$.complete()
  }
  /** Removes data written after an erasure. A successor removes its own log: it may be reading it now. */
  const withdrawn = (): Observable<unknown> =>
    needs.files().pipe(
      concatMap((files) =>
        files.some((file) => file.stem === stem && file.number > lock.number)
          ? of(undefined)
          : removed(disk, join(folder, name)),
      ),
      concatMap(() => lock.hush()),
    )
  const lose = (): void => {
    if (isOver) return
    lost$.next()
    end()
    log.end().pipe(concatMap(withdrawn)).subscribe(unheard)
  }
  const isElsewhere = (): Observable<boolean> =>
    disk.identity(folder).pipe(
      map((now) => now !== identity),
      catchError((thrown: unknown) => of(hasCode(thrown, 'ENOENT'))),
    )
  /** Takes the lock in a new directory of the same name, unless another holder has begun there. */
  const relock = (): Observable<boolean> =>
    disk.makeDirectory(folder).pipe(
      concatMap(needs.files),
      concatMap((files) =>
        files.some((file) => file.stem === stem) ? of(undefined) : takeLock(needs, folder, stem, lock.number),
      ),
      concatMap((taken) => {
        if (!taken) return of(false)
        const before = lock
        lock = taken
        return before.hush().pipe(
          concatMap(() => disk.identity(folder)),
          map((now) => {
            identity = now
            tell(
              `The directory ${folder} was removed while it was in use: what this client holds is stored there again.`,
            )
            return true
          }),
        )
      }),
    )
  const log = appender({
    disk,
    folder,
    name,
    size,
    records: new Map(records),
    isHeld: () => lock.isHeld(),
    regain: () => isElsewhere().pipe(concatMap((elsewhere) => (elsewhere ? relock() : of(false)))),
    whole: (now) => wholeLog(scope, openedAt, now),
    lost: lose,
    rewritten: () => {
      tell(
        `The file ${join(folder, name)} was removed while it was in use: what this client holds is stored there again.`,
      )
    },
  })
  const beat = (): Observable<unknown> =>
    log.write([]).pipe(
      tap((looked) => {
        if (E.isLeft(looked) && looked.left.because !== 'fenced') faults$.next(looked.left)
      }),
      concatMap(() => (isOver ? of(undefined) : lock.beat())),
      catchError(() => of(undefined)),
    )
  const leave = (then: () => Observable<unknown>): Stored<void> => {
    if (isOver) return of(done)
    end()
    return start(
      log.end().pipe(
        concatMap(then),
        concatMap(() => lock.release()),
        tap(() => {
          faults$.complete()
        }),
        map(() => done),
      ),
    )
  }
  beats.add(
    needs
      .every(needs.leaseMs / 3)
      .pipe(exhaustMap(beat))
      .subscribe(unheard),
  )

  return {
    scope,
    token: lock.number,
    records,
    damaged: needs.damaged,
    lost$: lost$.asObservable(),
    faults$: faults$.asObservable(),
    write: (changes) => (isOver ? of(E.left(fenced)) : log.write(changes)),
    close: () => leave(() => of(undefined)),
    discard: () => leave(() => removed(disk, join(folder, name))),
  }
}

const unheard = { error: () => undefined }
