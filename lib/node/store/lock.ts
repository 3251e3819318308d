import { join } from 'node:path'
import { catchError, concatMap, map, merge, type Observable, of, take, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { randomId } from '../../core/ids.js'
import type { Answer } from '../local-socket.js'
import { type Disk, hasCode, removed, writtenFile } from './disk.js'
import { fileName, socketName } from './names.js'

/** Who holds a lock file, as it is written in there. */
interface Holder {
  /** Names one holding. */
  readonly id: string
  /** The socket on which the holder listens, in the same folder; none where there can be none. */
  readonly socket?: string
}

/** The lock of a partition. */
export interface FileLock {
  /** Counts the holders of a partition, over all its life. */
  readonly number: number
  /** Whether it is still held; `false` once somebody has taken it over. */
  readonly isHeld: () => Observable<boolean>
  /** Shows that the holder lives. */
  readonly beat: () => Observable<unknown>
  /** Stops listening; the lock file stays. */
  readonly hush: () => Observable<unknown>
  readonly release: () => Observable<unknown>
}

export interface LockNeeds {
  readonly disk: Disk
  readonly wall: () => number
  /** Emits each so many ms, without keeping the process alive. */
  readonly every: (ms: number) => Observable<unknown>
  /** Where no socket tells, a holder that did not show for so long is taken for dead, in ms. */
  readonly leaseMs: number
}

/**
 * Takes the lock with this number: of many who try one succeeds. `undefined`: somebody else did. The locks of lower
 * numbers are then to be removed before anything is read: those who held them look for them before and after each writing.
 */
export const takeLock = (
  needs: LockNeeds,
  folder: string,
  stem: string,
  number: number,
): Observable<FileLock | undefined> => {
  const { disk, wall } = needs
  const path = join(folder, fileName(stem, number, 'lock'))
  const id = randomId()
  const aside = `${path}.${id}.tmp`
  const socket = socketName(stem, number, id)
  const lock = (hush: () => Observable<unknown>): FileLock => ({
    number,
    isHeld: () => holderOf(disk, path).pipe(map((holder) => holder?.id === id)),
    beat: () => disk.touch(path, wall()),
    hush,
    release: () => removed(disk, path).pipe(concatMap(hush)),
  })
  const linked = (holder: Holder): Observable<boolean> =>
    writtenFile(disk, aside, Buffer.from(JSON.stringify(holder))).pipe(
      concatMap(() => disk.touch(aside, wall())),
      concatMap(() => disk.link(aside, path).pipe(map(() => true), unless('EEXIST', false), unless('ENOENT', false))), // prettier-ignore
      concatMap((isTaken) => removed(disk, aside).pipe(map(() => isTaken))),
    )
  // The socket comes first: who reads the lock file can ask its holder.
  return disk.listen(folder, socket).pipe(
    catchError(() => of(undefined)),
    concatMap((close) => {
      const hush = close ?? ((): Observable<unknown> => of(undefined))
      return linked(close ? { id, socket } : { id }).pipe(
        concatMap((isTaken) => (isTaken ? of(lock(hush)) : hush().pipe(map(() => undefined)))),
        catchError((thrown: unknown) => hush().pipe(concatMap(() => throwError(() => thrown)))),
      )
    }),
  )
}

/** The holder of a lock, as far as it is known. */
export type Standing =
  | { readonly _tag: 'Free' }
  /** Its holder lives. */
  | { readonly _tag: 'Held' }
  /** Nothing is known: it is free in so many ms unless its holder shows before. */
  | { readonly _tag: 'Unknown'; readonly freeInMs: number }

const free: Standing = { _tag: 'Free' }
const held: Standing = { _tag: 'Held' }

/** A process that runs answers sooner, in ms. */
const answerMs = 2_000

/** Judges holders of locks; remembers what it saw of those that cannot be asked. */
export const lockJudge = ({ disk, wall, every, leaseMs }: LockNeeds) => {
  /** When locks were touched last, and when that was first seen. */
  const seen = new Map<string, { readonly touchedAt: number; readonly since: number }>()

  /** By the time of the lock file, which its holder sets: the clock of another machine may be wrong, a change is not. */
  const byLease = (path: string, touchedAt: number): Standing => {
    const now = wall()
    const before = seen.get(path)
    if (before && before.touchedAt !== touchedAt) return held
    const since = before?.since ?? now
    seen.set(path, { touchedAt, since })
    const freeInMs = leaseMs - Math.max(now - touchedAt, now - since)
    return freeInMs < 0 ? free : { _tag: 'Unknown', freeInMs }
  }
  const asked = (folder: string, socket: string): Observable<Answer> =>
    merge(
      disk.ask(folder, socket).pipe(catchError(() => of<Answer>('unreachable'))),
      every(answerMs).pipe(map((): Answer => 'silent')),
    ).pipe(take(1))

  const judged = (folder: string, path: string, touchedAt: number, answer: Answer): Observable<Standing> => {
    const lease = byLease(path, touchedAt)
    if (answer === 'answered') return of(held)
    // It was stopped for longer than its lease: whoever takes the lock fences it.
    if (answer === 'silent') return of(lease._tag === 'Free' ? free : held)
    if (answer === 'unreachable') return of(lease)
    return disk.isLocal(folder).pipe(map((local) => (local ? free : lease)))
  }

  return (folder: string, name: string): Observable<Standing> => {
    const path = join(folder, name)
    return disk.touchedAt(path).pipe(
      concatMap((touchedAt) =>
        holderOf(disk, path).pipe(
          concatMap((holder) =>
            holder?.socket === undefined
              ? of(byLease(path, touchedAt))
              : asked(folder, holder.socket).pipe(concatMap((answer) => judged(folder, path, touchedAt, answer))),
          ),
        ),
      ),
      unless<Standing>('ENOENT', free),
      map((standing) => {
        if (standing._tag !== 'Unknown') seen.delete(path)
        return standing
      }),
    )
  }
}

const holderOf = (disk: Disk, path: string): Observable<Holder | undefined> =>
  disk.read(path).pipe(
    map((bytes) => {
      const read = guard(() => JSON.parse(bytes.toString('utf8')) as Holder | null)
      return E.isRight(read) ? (read.right ?? undefined) : undefined
    }),
    unless<Holder | undefined>('ENOENT', undefined),
  )

/** A value in place of an error with this code. */
const unless = <T>(code: string, value: T) =>
  catchError<T, Observable<T>>((thrown: unknown) => (hasCode(thrown, code) ? of(value) : throwError(() => thrown)))
