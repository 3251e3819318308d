import { concat, concatMap, filter, from, map, type Observable, of, switchMap, take } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { thrownText } from '../../core/guard.js'

/** A failure of the file system. */
export interface DiskFailure {
  /** The error code, such as `ENOSPC`. */
  readonly code: string
  readonly message: string
}

/** A cold answer: emits one value and completes. */
export type Done<T = void> = Observable<Either<DiskFailure, T>>

/** A directory, as far as a journal needs one. Names are of files in it. */
export interface Disk {
  /** Creates the directory if needed and holds it. Fails with `EBUSY` if another server holds it. */
  readonly hold: () => Done<Hold>
  readonly list: () => Done<readonly string[]>
  /** Reads a file from its start; all bytes by default. */
  readonly read: (name: string, bytes?: number) => Done<Uint8Array>
  /** Creates a file that only its owner may read. Fails with `EEXIST` if there is one. */
  readonly create: (name: string) => Done<DiskFile>
  /** Renames a file, and replaces an existing one. */
  readonly rename: (from: string, to: string) => Done
  readonly remove: (name: string) => Done
  /** Syncs the content of a file to the disk. */
  readonly syncFile: (name: string) => Done
  /** Syncs created, renamed and removed names to the disk. */
  readonly sync: () => Done
  /** Returns the id of this run of the machine, or `undefined` where it is unknown. */
  readonly boot: () => Done<string | undefined>
}

/** A held directory: no other server uses it. */
export interface Hold {
  /** Fails with `ESTALE` unless the path still leads to the held directory. */
  readonly check: () => Done
  readonly release: () => void
}

/** A file open for writing. */
export interface DiskFile {
  readonly write: (bytes: Uint8Array, position: number) => Done
  /** Syncs the content to the disk. */
  readonly sync: () => Done
  /** Fails with `ESTALE` unless the directory has this very file under that name. */
  readonly named: (name: string) => Done
  readonly close: () => Done
}

/** Converts an exception of a disk, which must not throw. */
export const defect = (thrown: unknown): DiskFailure => ({ code: 'EDEFECT', message: thrownText(thrown) })

export const done: Done = of(E.right(undefined))

/** Continues with the value of an answer; keeps a failure. */
export const andThen =
  <T, U>(next: (value: T) => Done<U>) =>
  (answer: Done<T>): Done<U> =>
    answer.pipe(switchMap((each) => (E.isLeft(each) ? of(each) : next(each.right))))

/** Does the same for each item in turn, until one fails. */
export const inTurn = <T>(items: readonly T[], work: (item: T) => Done): Done =>
  concat(from(items).pipe(concatMap(work), filter(E.isLeft)), done).pipe(take(1))

/** Ignores a failure. */
export const whatever = (answer: Done): Done => answer.pipe(switchMap(() => done))

/** Undoes something after a failure, and keeps the failure. */
export const undoing =
  (undo: () => Done) =>
  <T>(answer: Done<T>): Done<T> =>
    answer.pipe(switchMap((each) => (E.isRight(each) ? of(each) : undo().pipe(map(() => each)))))
