import { join } from 'node:path'
import { catchError, concatMap, forkJoin, map, type Observable, of, throwError, toArray, concat } from 'rxjs'
import * as E from '#fp/Either'
import { wall } from '../../core/platform.js'
import { act } from '../../store/act.js'
import { busy } from '../../store/failure.js'
import type { Owner, Scope, Store } from '../../store/port.js'
import { type Disk, hasCode, platformDisk, removed } from './disk.js'
import { enter } from './enter.js'
import { isAlive, type LockNeeds, takeLock } from './lock.js'
import { readTitle } from './log.js'
import { filesOf, folderOf, stemOf } from './names.js'
import { everyMs } from './beat.js'

/** What a store in files can be told. */
export interface FileStoreOptions {
  /** Where the files are; made if it is not there, for its owner's eyes only. Several processes may share it. */
  readonly directory: string
  /** A process that did not move for so long is taken for dead, in ms. Default 60 000. */
  readonly leaseMs?: number
}

/** What a store on files takes from its surroundings. */
export interface FileStoreNeeds {
  readonly disk: Disk
  readonly wall: () => number
  /** Emits each so many ms, without keeping the process alive. */
  readonly every: (ms: number) => Observable<unknown>
}

/** A store in files: a log for each partition, a lock file for each lease. */
export const files = (options: FileStoreOptions): Store =>
  fileStoreOn({ disk: platformDisk, wall, every: everyMs }, options)

export const fileStoreOn = (
  { disk, wall: clock, every }: FileStoreNeeds,
  { directory, leaseMs = 60_000 }: FileStoreOptions,
): Store => {
  const needs: LockNeeds = { disk, wall: clock, leaseMs }

  /** The files of an owner; none if there is no folder. */
  const filesIn = (folder: string) =>
    disk.list(folder).pipe(
      map(filesOf),
      catchError((thrown: unknown) => (hasCode(thrown, 'ENOENT') ? of([]) : throwError(() => thrown))),
    )
  const claim = (folder: string, stem: string) =>
    filesIn(folder).pipe(
      concatMap((files) => {
        const mine = files.filter((file) => file.stem === stem)
        const lock = mine.find(({ kind }) => kind === 'lock')
        const number = (mine.find(({ kind }) => kind !== 'damaged')?.number ?? 0) + 1
        const isHeld = lock ? isAlive(needs, join(folder, lock.name)) : of(false)
        return isHeld.pipe(concatMap((held) => (held ? of(undefined) : takeLock(needs, folder, stem, number))))
      }),
    )
  const removeAll = (folder: string, names: readonly string[]): Observable<unknown> =>
    concat(...names.map((name) => removed(disk, join(folder, name)))).pipe(toArray())
  /** Locks first: who holds one sees that it is gone, after what it has written. */
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
      const titles = filesIn(folder).pipe(
        concatMap((files) => {
          const logs = files.filter(
            ({ kind, stem }, at) =>
              kind === 'log' && files.findIndex((file) => file.kind === 'log' && file.stem === stem) === at,
          )
          return logs.length === 0
            ? of([])
            : forkJoin(
                logs.map(({ name }) =>
                  disk.read(join(folder, name)).pipe(
                    map(readTitle),
                    catchError(() => of(undefined)),
                  ),
                ),
              )
        }),
      )
      return act(
        titles.pipe(
          map((found) =>
            E.right(
              found
                .filter((title) => title !== undefined)
                .sort((a, b) => b.openedAt - a.openedAt)
                .map(({ instance }) => instance),
            ),
          ),
        ),
      )
    },
    open: (scope: Scope, purpose = 'own') => {
      const [folder, stem] = [folderOf(directory, scope), stemOf(scope)]
      return act(
        disk.makeDirectory(folder).pipe(
          concatMap(() => claim(folder, stem)),
          concatMap((lock) =>
            lock
              ? enter({
                  ...needs,
                  every,
                  lock,
                  folder,
                  stem,
                  scope,
                  purpose,
                  removeAll: (names) => removeAll(folder, names),
                  files: () => filesIn(folder),
                })
              : of(E.left(busy)),
          ),
        ),
      )
    },
    /** Twice: what is opened while the first pass runs has a lock by the second. */
    erase: (owner: Owner) => {
      const folder = folderOf(directory, owner)
      return act(
        eraseIn(folder).pipe(
          concatMap(() => eraseIn(folder)),
          map(() => E.right(undefined)),
        ),
      )
    },
  }
}
