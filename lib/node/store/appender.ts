import type { Either } from 'fp-ts/lib/Either.js'
import { AsyncSubject, catchError, concatMap, map, type Observable, of, tap } from 'rxjs'
import * as E from '#fp/Either'
import { done } from '../../store/calls.js'
import { failureOf, fenced } from '../../store/failure.js'
import { amend } from '../../store/memory.js'
import type { Change, Stored, StoreFailure } from '../../store/port.js'
import type { Disk } from './disk.js'
import { batchLine } from './log.js'
import { logFile } from './log-file.js'

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

export const appender = ({ disk, isHeld, folder, name, records, whole, ...needs }: AppenderNeeds): Appender => {
  const log = logFile(disk, folder, name, needs.size)
  const ended$ = new AsyncSubject<void>()
  let waiting: Waiting[] = []
  let isLost = false
  let isBusy = false
  let isEnding = false

  const anew = (batches: readonly Waiting[]): Observable<unknown> => {
    const next = new Map(records)
    for (const { changes } of batches) amend(next, changes)
    return log.replace(whole(next))
  }
  const rewrite = (batches: readonly Waiting[]): Observable<unknown> => anew(batches).pipe(tap(needs.rewritten))
  const put = (batches: readonly Waiting[]): Observable<unknown> => {
    if (log.isDoubtful()) return anew(batches)
    const lines = batches.map(({ changes }) => (changes.length === 0 ? '' : batchLine(changes)))
    return log
      .append(Buffer.from(lines.join('')))
      .pipe(
        concatMap((isNamed) =>
          isNamed ? of(true) : isHeld().pipe(concatMap((still) => (still ? rewrite(batches) : of(undefined)))),
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
    log.isBloated() ? log.replace(whole(records)).pipe(catchError(() => of(undefined))) : of(undefined)

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
        log
          .close()
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
