import { concat, concatMap, filter, from, map, type Observable, of, switchMap, take } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { thrownText } from '../../core/guard.js'

/** What a file system refused. */
export interface DiskFailure {
  /** As in `ENOSPC`. */
  readonly code: string
  readonly message: string
}

/** Cold; answers once and completes. */
export type Done<T = void> = Observable<Either<DiskFailure, T>>

/** A directory, as far as a journal needs one. Names are of files in it. */
export interface Disk {
  /** Makes the directory if need be and holds it. `EBUSY` if somebody holds it. */
  readonly hold: () => Done<Hold>
  readonly list: () => Done<readonly string[]>
  /** The bytes of a file from its start; all, unless told how many. */
  readonly read: (name: string, bytes?: number) => Done<Uint8Array>
  /** A new file that only its owner may read. `EEXIST` if there is one. */
  readonly create: (name: string) => Done<DiskFile>
  /** Replaces what has that name. */
  readonly rename: (from: string, to: string) => Done
  readonly remove: (name: string) => Done
  /** What was written to a file reaches the disk. */
  readonly syncFile: (name: string) => Done
  /** What was created, renamed and removed reaches the disk. */
  readonly sync: () => Done
  /** Names this run of the machine; nothing where that is not known. */
  readonly boot: () => Done<string | undefined>
}

/** A directory that is held: no other server uses it. */
export interface Hold {
  /** Fails with `ESTALE` unless the path still leads to the directory that was taken, and it is still held. */
  readonly check: () => Done
  readonly release: () => void
}

/** A file that is written to. */
export interface DiskFile {
  readonly write: (bytes: Uint8Array, position: number) => Done
  /** What was written reaches the disk. */
  readonly sync: () => Done
  /** Fails with `ESTALE` unless the directory has this very file under that name. */
  readonly named: (name: string) => Done
  readonly close: () => Done
}

/** What a disk threw, which it must not. */
export const defect = (thrown: unknown): DiskFailure => ({ code: 'EDEFECT', message: thrownText(thrown) })

export const done: Done = of(E.right(undefined))

/** Goes on with the value of an answer; a failure stays. */
export const andThen =
  <T, U>(next: (value: T) => Done<U>) =>
  (answer: Done<T>): Done<U> =>
    answer.pipe(switchMap((each) => (E.isLeft(each) ? of(each) : next(each.right))))

/** The same for each item in turn, until one fails. */
export const inTurn = <T>(items: readonly T[], work: (item: T) => Done): Done =>
  concat(from(items).pipe(concatMap(work), filter(E.isLeft)), done).pipe(take(1))

/** Goes on after a failure too. */
export const whatever = (answer: Done): Done => answer.pipe(switchMap(() => done))

/** After a failure something is undone, and the failure stays. */
export const undoing =
  (undo: () => Done) =>
  <T>(answer: Done<T>): Done<T> =>
    answer.pipe(switchMap((each) => (E.isRight(each) ? of(each) : undo().pipe(map(() => each)))))
