import { join } from 'node:path'
import { catchError, concatMap, type Observable, of, tap, throwError } from 'rxjs'
import { type Disk, hasCode, removed, writtenFile } from './disk.js'

/** The file of a log, which stays as it is or is replaced as a whole. Call one act after the other. */
export interface LogFile {
  /** Appends bytes, and syncs them. Emits `false` if the file is not found under its name any more. */
  readonly append: (bytes: Buffer) => Observable<boolean>
  /** Replaces the file by a new one with this text. Until the rename, the file stays unchanged. */
  readonly replace: (text: string) => Observable<unknown>
  /** True after a failure that left the content unknown: nothing counts as stored until the file is replaced. */
  readonly isDoubtful: () => boolean
  /** True if the file has grown so much that it should be replaced by its records alone. */
  readonly isBloated: () => boolean
  readonly close: () => Observable<unknown>
}

/** Bounds of a log, in bytes and as a multiple of its initial size; above both, it is rewritten. */
const compactBytes = 1024 * 1024
const compactTimes = 4

/** Opens on first use. `size`: the bytes in the file. */
export const logFile = (disk: Disk, folder: string, name: string, initial: number): LogFile => {
  const path = join(folder, name)
  let file: number | undefined
  let size = initial
  let wholeSize = initial
  let isDoubtful = false

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
  const write = (bytes: Buffer): Observable<unknown> =>
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

  return {
    append: (bytes) =>
      write(bytes).pipe(
        concatMap(() => (file === undefined ? of(true) : disk.isNamed(file))),
        catchError((thrown: unknown) => (hasCode(thrown, 'ENOENT') ? of(false) : throwError(() => thrown))),
      ),
    replace: (text) => {
      const bytes = Buffer.from(text)
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
    },
    isDoubtful: () => isDoubtful,
    isBloated: () => size > compactBytes && size > compactTimes * wholeSize,
    close,
  }
}
