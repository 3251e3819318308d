import { join, resolve } from 'node:path'
import { catchError, concatMap, forkJoin, map, type Observable, of, throwError, toArray, concat } from 'rxjs'
import * as E from '#fp/Either'
import { type Checks, given, required, text, time } from '../../core/check.js'
import type { ConfigError } from '../../core/error.js'
import { epochNow } from '../../core/platform.js'
import { start } from '../../store/calls.js'
import { busy, failure, leasedFor } from '../../store/failure.js'
import type { Owner, Scope, Store } from '../../store/port.js'
import { laterFirst, type Listed } from '../../store/key-value-backend.js'
import { type Disk, hasCode, platformDisk, removed } from './disk.js'
import { acquireLock } from './acquire-lock.js'
import { type LockNeeds, lockJudge, type Standing, takeLock } from './lock.js'
import { readTitle } from './log.js'
import { type FileName, filesOf, folderOf, standIn, stemOf } from './names.js'
import { intervalOf } from './interval.js'

/** Options of a store in files. */
export interface FileStoreOptions {
  /** The directory of the files; created if missing, readable for its owner only. Several processes may share it. */
  readonly directory: string
  /**
   * Lifetime of a lease, in ms, where its holder cannot be asked, as on a network file system, or is stopped. A process
   * that has ended on this machine holds nothing, whatever this is. Default 60 000.
   */
  readonly leaseMs?: number | undefined
}

/** Dependencies of a store on files. */
export interface FileStoreNeeds {
  readonly disk: Disk
  readonly wall: () => number
  /** Emits every `ms` ms, without keeping the process alive. */
  readonly every: (ms: number) => Observable<unknown>
}

/** Creates a store in files: a log for each partition, a lock file for each lease. */
export const files = (options: FileStoreOptions): Store =>
  fileStoreOn({ disk: platformDisk, wall: epochNow, every: intervalOf }, options)

export const fileStoreOn = (
  { disk, wall: clock, every }: FileStoreNeeds,
  raw: FileStoreOptions | null | undefined,
): Store => {
  const { fault, options } = given<Partial<FileStoreOptions>>(raw ?? {}, checks)
  if (fault) return unusable(fault)
  const { directory: path = '', leaseMs = 60_000 } = options
  // Resolved now, because a process may change its working directory.
  const directory = resolve(path)
  const needs: LockNeeds = { disk, wall: clock, every, leaseMs }
  const standingOf = lockJudge(needs)

  /** Returns the files of an owner; none without a folder. */
  const filesIn = (folder: string) =>
    disk.list(folder).pipe(
      map(filesOf),
      catchError((thrown: unknown) => (hasCode(thrown, 'ENOENT') ? of([]) : throwError(() => thrown))),
    )
  const claim = (folder: string, stem: string) =>
    filesIn(folder).pipe(
      concatMap((files) => {
        const mine = files.filter((file) => file.stem === stem && file.kind !== 'socket')
        const lock = mine.find(({ kind }) => kind === 'lock')
        const number = (mine.find(({ kind }) => kind !== 'damaged')?.number ?? 0) + 1
        return (lock ? standingOf(folder, lock.name) : of(free)).pipe(
          concatMap((standing) => {
            if (standing._tag === 'Held') return of(E.left(busy))
            if (standing._tag === 'Unknown') return of(E.left(leasedFor(standing.freeInMs)))
            return takeLock(needs, folder, stem, number).pipe(map((taken) => (taken ? E.right(taken) : E.left(busy))))
          }),
        )
      }),
    )
  /** Lists a log without a readable title too: it may hold stored records. */
  const listedIn = (folder: string, { name, stem }: FileName): Observable<Listed | undefined> =>
    disk.read(join(folder, name)).pipe(
      map(readTitle),
      concatMap((title): Observable<Listed> =>
        title
          ? of(title)
          : disk.touchedAt(join(folder, name)).pipe(map((openedAt) => ({ instance: standIn(stem), openedAt }))),
      ),
      catchError((thrown: unknown) =>
        hasCode(thrown, 'ENOENT') ? of(undefined) : of({ instance: standIn(stem), openedAt: 0 }),
      ),
    )
  const removeAll = (folder: string, names: readonly string[]): Observable<unknown> =>
    concat(...names.map((name) => removed(disk, join(folder, name)))).pipe(toArray())
  /** Removes locks first: each holder notices after its next write. */
  const eraseIn = (folder: string): Observable<unknown> =>
    filesIn(folder).pipe(
      concatMap((files) => {
        const [locks, rest] = [files.filter(({ kind }) => kind === 'lock'), files.filter(({ kind }) => kind !== 'lock')]
        return removeAll(
          folder,
          [...locks, ...rest].map(({ name }) => name),
        )
      }),
    )

  return {
    list: (owner: Owner) => {
      const folder = folderOf(directory, owner)
      const listed = filesIn(folder).pipe(
        concatMap((files) => forkJoinAll(logsOf(files).map((log) => listedIn(folder, log)))),
      )
      const order = (found: readonly (Listed | undefined)[]): readonly string[] =>
        found
          .filter((each) => each !== undefined)
          .sort(laterFirst)
          .map(({ instance }) => instance)
      return start(listed.pipe(map((found) => E.right(order(found)))))
    },
    open: (scope: Scope, purpose = 'own') => {
      const [folder, stem] = [folderOf(directory, scope), stemOf(scope)]
      const files = () => filesIn(folder)
      const entering = {
        ...needs,
        folder,
        stem,
        scope,
        purpose,
        files,
        removeAll: (names: readonly string[]) => removeAll(folder, names),
      }
      return start(
        disk.makeDirectory(folder).pipe(
          concatMap(() => claim(folder, stem)),
          concatMap((claimed) => (E.isLeft(claimed) ? of(claimed) : acquireLock({ ...entering, lock: claimed.right }))),
        ),
      )
    },
    /** Erases twice: a partition opened during the first pass has a lock by the second. */
    erase: (owner: Owner) => {
      const folder = folderOf(directory, owner)
      return start(
        eraseIn(folder).pipe(
          concatMap(() => eraseIn(folder)),
          map(() => E.right(undefined)),
        ),
      )
    },
  }
}

const checks: Checks<keyof FileStoreOptions> = {
  directory: required(text('the path of a directory', 1)),
  leaseMs: time,
}

/** Returns a store whose every action fails, for an invalid option; a client with this store is closed. */
const unusable = (fault: ConfigError): Store => {
  const refuse = () => of(E.left(failure('failed', `${fault.message} ${fault.remedy}`)))
  return { fault, list: refuse, open: refuse, erase: refuse }
}

const free: Standing = { _tag: 'Free' }

/** Returns the log of each partition: the one of the highest number. */
const logsOf = (files: readonly FileName[]): readonly FileName[] => {
  const logs = files.filter(({ kind }) => kind === 'log')
  return logs.filter(({ stem }, at) => logs.findIndex((log) => log.stem === stem) === at)
}

const forkJoinAll = <T>(all: readonly Observable<T>[]): Observable<readonly T[]> =>
  all.length === 0 ? of([]) : forkJoin(all)
