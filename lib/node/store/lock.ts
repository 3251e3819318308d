import { join } from 'node:path'
import { catchError, concatMap, map, merge, type Observable, of, take, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { randomId } from '../../core/ids.js'
import type { Answer } from '../local-socket.js'
import { type Disk, hasCode, removed, writtenFile } from './disk.js'
import { fileName, socketName } from './names.js'

/** The holder of a lock, as in the lock file. */
interface Holder {
  /** The id of one holding. */
  readonly id: string
  /** The holder's listening socket in the same folder; absent where sockets are impossible. */
  readonly socket?: string
}

/** The lock of a partition. */
export interface FileLock {
  /** The fencing token: it counts the holders of a partition over its lifetime. */
  readonly number: number
  /** Emits true while the lock is held; `false` after a takeover. */
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
  /** Emits every `ms` ms, without keeping the process alive. */
  readonly every: (ms: number) => Observable<unknown>
  /** How long a holder without a reachable socket may stay silent before it counts as dead, in ms. */
  readonly leaseMs: number
}

/**
 * Takes the lock with this number: of many concurrent calls one succeeds. Emits `undefined` where another process took
 * it. The new holder must then remove the locks of lower numbers before it reads: their holders check them before and
 * after each write.
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
      concatMap(() =>
        disk.link(aside, path).pipe(
          map(() => true),
          unless('EEXIST', false),
          unless('ENOENT', false),
        ),
      ),
      concatMap((isTaken) => removed(disk, aside).pipe(map(() => isTaken))),
    )
  // The socket comes first: a reader of the lock file can ask its holder.
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

/** The state of a lock, as far as it is known. */
export type Standing =
  | { readonly _tag: 'Free' }
  /** The holder lives. */
  | { readonly _tag: 'Held' }
  /** Unknown: the lock is free in so many ms unless its holder appears before. */
  | { readonly _tag: 'Unknown'; readonly freeInMs: number }

const free: Standing = { _tag: 'Free' }
const held: Standing = { _tag: 'Held' }

/** Maximum delay of an answer from a running process, in ms. */
const answerMs = 2_000

/** Judges locks by their holders; remembers observations of holders that cannot be asked. */
export const lockJudge = ({ disk, wall, every, leaseMs }: LockNeeds) => {
  /** The last touch of each lock, and the time of its first observation. */
  const seen = new Map<string, { readonly touchedAt: number; readonly since: number }>()

  /** Judges by the time of the lock file, which its holder sets: the clock of another machine may be wrong, a change is not. */
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
    // The holder was stopped for longer than its lease: the next holder fences it.
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

/** Replaces an error with this code by a value. */
const unless = <T>(code: string, value: T) =>
  catchError<T, Observable<T>>((thrown: unknown) => (hasCode(thrown, code) ? of(value) : throwError(() => thrown)))
