import { join } from 'node:path'
import type { Either } from 'fp-ts/lib/Either.js'
import { AsyncSubject, catchError, concatMap, map, type Observable, of, tap, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { done } from '../../store/act.js'
import { failureOf, fenced } from '../../store/failure.js'
import { amend } from '../../store/memory.js'
import type { Change, Stored, StoreFailure } from '../../store/port.js'
import { type Disk, writtenFile } from './disk.js'
import type { FileLock } from './lock.js'
import { batchLine } from './log.js'

/** Appends batches to a log, all that wait with one sync. */
export interface Appender {
  readonly write: (changes: readonly Change[]) => Stored<void>
  /** Ends once what was given before is written; emits then. */
  readonly end: () => Observable<void>
}

export interface AppenderNeeds {
  readonly disk: Disk
  readonly lock: FileLock
  readonly folder: string
  readonly name: string
  /** What the log holds, and its bytes. */
  readonly records: Map<string, string>
  readonly size: number
  /** A log of these records alone. */
  readonly whole: (records: ReadonlyMap<string, string>) => string
  /** Somebody else has the lock now. */
  readonly lost: () => void
}

type Answer = Either<StoreFailure, void>
interface Waiting {
  readonly changes: readonly Change[]
  readonly answer$: AsyncSubject<Answer>
}

/** A log of more than so many bytes, and so many times those it began with, is written anew. */
const compactBytes = 1024 * 1024
const compactTimes = 4

export const appender = ({ disk, lock, folder, name, records, whole, lost, ...needs }: AppenderNeeds): Appender => {
  const path = join(folder, name)
  const ended$ = new AsyncSubject<void>()
  let waiting: Waiting[] = []
  let file: number | undefined
  let { size } = needs
  let wholeSize = size
  let broken: StoreFailure | undefined
  let isBusy = false
  let isEnding = false

  const open = (): Observable<number> =>
    file === undefined ? disk.open(path, 'a').pipe(tap((opened) => (file = opened))) : of(file)
  const close = (): Observable<unknown> => {
    const opened = file
    file = undefined
    return opened === undefined ? of(undefined) : disk.close(opened)
  }
  /** After this nobody knows what is on the disk: nothing more is promised. */
  const distrust = (thrown: unknown): Observable<never> => {
    broken = failureOf(thrown)
    return throwError(() => thrown)
  }
  /** What was half written is taken back: the next line would be lost with it. */
  const takeBack = (to: number, thrown: unknown): Observable<never> =>
    disk.truncate(to, size).pipe(
      catchError(() => distrust(thrown)),
      concatMap(() => throwError(() => thrown)),
    )
  const append = (bytes: Buffer): Observable<unknown> =>
    open().pipe(
      concatMap((to) =>
        disk.write(to, bytes).pipe(
          catchError((thrown: unknown) => takeBack(to, thrown)),
          concatMap(() => disk.sync(to).pipe(catchError(distrust))),
        ),
      ),
      tap(() => (size += bytes.length)),
    )
  const compact = (): Observable<unknown> => {
    if (size <= compactBytes || size <= compactTimes * wholeSize) return of(undefined)
    const bytes = Buffer.from(whole(records))
    return writtenFile(disk, `${path}.tmp`, bytes).pipe(
      concatMap(() => disk.rename(`${path}.tmp`, path)),
      concatMap(() => disk.syncDirectory(folder)),
      concatMap(close),
      tap(() => (size = wholeSize = bytes.length)),
    )
  }
  const lose = (): Answer => {
    broken ??= fenced
    lost()
    return E.left(broken)
  }
  /** A lock that is held after the sync was held all the time: who takes over reads what was written before. */
  const attempt = (bytes: Buffer): Observable<Answer> =>
    lock.isHeld().pipe(
      concatMap((isHeld) => (isHeld ? append(bytes).pipe(concatMap(lock.isHeld)) : of(false))),
      map((isHeld) => (isHeld ? done : lose())),
      catchError((thrown: unknown) => of(E.left(failureOf(thrown)))),
    )
  const batch = (all: readonly Waiting[]): Observable<Answer> => {
    if (broken) return of(E.left(broken))
    return attempt(Buffer.from(all.map(({ changes }) => batchLine(changes)).join('')))
  }
  const take = (all: readonly Waiting[]): Observable<unknown> => {
    for (const { changes } of all) amend(records, changes)
    return compact().pipe(catchError(() => of(undefined)))
  }
  const next = (): void => {
    if (isBusy) return
    isBusy = true
    const all = waiting
    waiting = []
    if (all.length === 0) {
      isBusy = false
      if (isEnding) close().pipe(catchError(() => of(undefined)), map(() => undefined)).subscribe(ended$) // prettier-ignore
      return
    }
    const answered = (answer: Answer): Observable<unknown> => {
      const settled = E.isRight(answer) ? take(all) : of(undefined)
      for (const { answer$ } of all) {
        answer$.next(answer)
        answer$.complete()
      }
      return settled
    }
    batch(all).pipe(concatMap(answered)).subscribe({ error: again, complete: again })
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
