import { hostname } from 'node:os'
import { join } from 'node:path'
import { catchError, concatMap, map, type Observable, of, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { randomId } from '../../core/ids.js'
import { type Disk, hasCode, removed, writtenFile } from './disk.js'
import { fileName } from './names.js'

/** Who holds a lock file, as it is written in there. */
interface Holder {
  /** Names one holding. */
  readonly id: string
  readonly pid: number
  readonly host: string
  /** When the process began, as far as the platform tells: a number that is used again belongs to another. */
  readonly began: string
}

/** The lock of a partition. */
export interface FileLock {
  /** Counts the holders of a partition, over all its life. */
  readonly number: number
  /** Whether it is still held; `false` once somebody has taken it over. */
  readonly isHeld: () => Observable<boolean>
  /** Shows that the holder lives. */
  readonly beat: () => Observable<unknown>
  readonly release: () => Observable<unknown>
}

export interface LockNeeds {
  readonly disk: Disk
  readonly wall: () => number
  /** A holder that did not show for so long is taken for dead, in ms. */
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
  const lock: FileLock = {
    number,
    isHeld: () => holderOf(disk, path).pipe(map((holder) => holder?.id === id)),
    beat: () => disk.touch(path, wall()),
    release: () => removed(disk, path),
  }
  return began(disk, process.pid).pipe(
    concatMap((since) => {
      const holder: Holder = { id, pid: process.pid, host: hostname(), began: since }
      return writtenFile(disk, aside, Buffer.from(JSON.stringify(holder)))
    }),
    concatMap(() => disk.touch(aside, wall())),
    concatMap(() =>
      disk.link(aside, path).pipe(
        map(() => true),
        unless('EEXIST', false),
        unless('ENOENT', false),
      ),
    ),
    concatMap((isTaken) => removed(disk, aside).pipe(map(() => (isTaken ? lock : undefined)))),
  )
}

/** Whether the holder of a lock file lives, as far as can be told. */
export const isAlive = ({ disk, wall, leaseMs }: LockNeeds, path: string): Observable<boolean> =>
  disk.touchedAt(path).pipe(
    concatMap((at) => (Math.abs(wall() - at) > leaseMs ? of(undefined) : holderOf(disk, path))),
    concatMap((holder) => (holder ? lives(disk, holder) : of(false))),
    unless('ENOENT', false),
  )

/** A holder on another machine that shares the directory is judged by its lease alone. */
const lives = (disk: Disk, { pid, host, began: since }: Holder): Observable<boolean> => {
  if (host !== hostname()) return of(true)
  const found = guard(() => process.kill(pid, 0))
  if (E.isLeft(found) && !found.left.includes('EPERM')) return of(false)
  return began(disk, pid).pipe(map((now) => now === since))
}

/** When a process began, where the platform tells (Linux: field 22 of /proc/PID/stat), else the empty text. */
const began = (disk: Disk, pid: number): Observable<string> =>
  disk.read(`/proc/${pid}/stat`).pipe(
    map((bytes) => bytes.toString().split(') ').at(-1)?.split(' ')[19] ?? ''),
    catchError(() => of('')),
  )

const holderOf = (disk: Disk, path: string): Observable<Holder | undefined> =>
  disk.read(path).pipe(
    map((bytes) => {
      const read = guard(() => JSON.parse(bytes.toString('utf8')) as Holder)
      return E.isRight(read) ? read.right : undefined
    }),
    unless<Holder | undefined>('ENOENT', undefined),
  )

/** A value in place of an error with this code. */
const unless = <T>(code: string, value: T) =>
  catchError<T, Observable<T>>((thrown: unknown) => (hasCode(thrown, code) ? of(value) : throwError(() => thrown)))
