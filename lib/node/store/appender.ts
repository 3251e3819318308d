import { join } from 'node:path'
import type { Either } from 'fp-ts/lib/Either.js'
import { AsyncSubject, catchError, concatMap, map, type Observable, of, tap, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { done } from '../../store/calls.js'
import { failureOf, fenced } from '../../store/failure.js'
import { amend } from '../../store/memory.js'
import type { Change, Stored, StoreFailure } from '../../store/port.js'
import { type Disk, hasCode, removed, writtenFile } from './disk.js'
import { batchLine } from './log.js'

/** Appends batches to a log; one sync serves all waiting batches. */
export interface Appender {
  /** Writes changes. Without changes, checks that the log still exists and still belongs to this client. */
  readonly write: (changes: readonly Change[]) => Stored<void>
  /** Ends after all earlier writes, then emits. */
  readonly end: () => Observable<void>
}

export interface AppenderNeeds {
  readonly disk: Disk
  readonly isHeld: () => Observable<boolean>
  /** Tries to hold the partition again after its directory was removed; `false`: it has another holder, or it was erased. */
  readonly regain: () => Observable<boolean>
  readonly folder: string
  readonly name: string
  /** The records in the log, and its bytes. */
  readonly records: Map<string, string>
  readonly size: number
  /** Builds a log of these records alone. */
  readonly whole: (records: ReadonlyMap<string, string>) => string
  /** Reports that the lock has another holder now. */
  readonly lost: () => void
  /** Reports that the log was removed, and written again. */
  readonly rewritten: () => void
}

type Answer = Either<StoreFailure, void>
interface Waiting {
  readonly changes: readonly Change[]
  readonly answer$: AsyncSubject<Answer>
}

/** Bounds of a log, in bytes and as a multiple of its initial size; above both, it is rewritten. */
const compactBytes = 1024 * 1024
const compactTimes = 4

export const appender = ({ disk, isHeld, folder, name, records, whole, ...needs }: AppenderNeeds): Appender => {
  const path = join(folder, name)
  const ended$ = new AsyncSubject<void>()
  let waiting: Waiting[] = []
  let file: number | undefined
  let { size } = needs
  let wholeSize = size
  /** After a failure the content of the log is unknown: nothing counts as stored until a rewrite of the whole log. */
  let isDoubtful = false
  let isLost = false
  let isBusy = false
  let isEnding = false

  const open = (): Observable<number> =>
    file === undefined ? disk.open(path, 'a').pipe(tap((opened) => (file = opened))) : of(file)
  const close = (): Observable<unknown> => {
    const opened = file
    file = undefined
    return opened === undefined ? of(undefined) : disk.close(opened).pipe(catchError(() => of(undefined)))
  }
  const doubt = (thrown: unknown): Observable<never> => {
    isDoubtful = true
    return throwError(() => thrown)
  }
  /** Removes a partial write: it would spoil the next line. */
  const takeBack = (to: number, thrown: unknown): Observable<never> =>
    disk.truncate(to, size).pipe(
      catchError(() => doubt(thrown)),
      concatMap(() => throwError(() => thrown)),
    )
  const append = (bytes: Buffer): Observable<unknown> =>
    open().pipe(
      concatMap((to) => {
        if (bytes.length === 0) return of(undefined)
        return disk.write(to, bytes).pipe(
          catchError((thrown: unknown) => takeBack(to, thrown)),
          concatMap(() => disk.sync(to).pipe(catchError(doubt))),
        )
      }),
      tap(() => (size += bytes.length)),
    )
  /** Replaces the log by a new file with these records. Until the rename, the log stays unchanged. */
  const replace = (by: ReadonlyMap<string, string>): Observable<unknown> => {
    const bytes = Buffer.from(whole(by))
    const aside = `${path}.tmp`
    const named = (): Observable<unknown> =>
      disk.rename(aside, path).pipe(
        concatMap(close),
        concatMap(() => disk.syncDirectory(folder)),
        tap(() => {
          size = wholeSize = bytes.length
          isDoubtful = false
        }),
        catchError(doubt),
      )
    const given = (thrown: unknown): Observable<never> =>
      removed(disk, aside).pipe(
        catchError(() => of(undefined)),
        concatMap(() => throwError(() => thrown)),
      )
    return writtenFile(disk, aside, bytes).pipe(catchError(given), concatMap(named))
  }
  const anew = (batches: readonly Waiting[]): Observable<unknown> => {
    const next = new Map(records)
    for (const { changes } of batches) amend(next, changes)
    return replace(next)
  }
  const rewrite = (batches: readonly Waiting[]): Observable<unknown> => anew(batches).pipe(tap(needs.rewritten))
  const put = (batches: readonly Waiting[]): Observable<unknown> => {
    if (isDoubtful) return anew(batches)
    const lines = batches.map(({ changes }) => (changes.length === 0 ? '' : batchLine(changes)))
    return append(Buffer.from(lines.join(''))).pipe(
      concatMap(() => (file === undefined ? of(true) : disk.isNamed(file))),
      catchError((thrown: unknown) => (hasCode(thrown, 'ENOENT') ? of(false) : throwError(() => thrown))),
      concatMap((isNamed) =>
        isNamed ? of(undefined) : isHeld().pipe(concatMap((still) => (still ? rewrite(batches) : of(undefined)))),
      ),
    )
  }
  /** A lock held after the sync was held all the time: a successor reads all earlier writes. */
  const held = (batches: readonly Waiting[]): Observable<boolean> =>
    isHeld().pipe(concatMap((still) => (still ? put(batches).pipe(concatMap(isHeld)) : of(false))))
  const regained = (batches: readonly Waiting[]): Observable<boolean> =>
    needs.regain().pipe(concatMap((isBack) => (isBack ? anew(batches).pipe(concatMap(isHeld)) : of(false))))
  const lose = (): Answer => {
    isLost = true
    needs.lost()
    return E.left(fenced)
  }
  const compact = (): Observable<unknown> =>
    size <= compactBytes || size <= compactTimes * wholeSize
      ? of(undefined)
      : replace(records).pipe(catchError(() => of(undefined)))

  const attempt = (batches: readonly Waiting[]): Observable<Answer> => {
    if (isLost) return of(E.left(fenced))
    return held(batches).pipe(
      concatMap((isSafe) => (isSafe ? of(true) : regained(batches))),
      map((isSafe) => (isSafe ? done : lose())),
      catchError((thrown: unknown) => of(E.left(failureOf(thrown)))),
    )
  }
  const next = (): void => {
    if (isBusy) return
    isBusy = true
    const batches = waiting
    waiting = []
    if (batches.length === 0) {
      isBusy = false
      if (isEnding)
        close()
          .pipe(map(() => undefined))
          .subscribe(ended$)
      return
    }
    const answered = (answer: Answer): Observable<unknown> => {
      const isSafe = E.isRight(answer)
      if (isSafe) for (const { changes } of batches) amend(records, changes)
      for (const { answer$ } of batches) {
        answer$.next(answer)
        answer$.complete()
      }
      return isSafe ? compact() : of(undefined)
    }
    attempt(batches).pipe(concatMap(answered)).subscribe({ error: again, complete: again })
  }
  const again = (): void => {
    isBusy = false
    next()
  }

  return {
    write: (changes) => {
      const answer$ = new AsyncSubject<Answer>()
      waiting.push({ changes, answer$ })
      next()
      return answer$.asObservable()
    },
    end: () => {
      isEnding = true
      next()
      return ended$.asObservable()
    },
  }
}
