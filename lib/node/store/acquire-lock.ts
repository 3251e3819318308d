import { join } from 'node:path'
import { catchError, concatMap, map, type Observable, of, throwError } from 'rxjs'
import * as E from '#fp/Either'
import { busy, failure } from '../../store/failure.js'
import type { Partition, Purpose, Stored } from '../../store/port.js'
import { hasCode, removed, writtenFile } from './disk.js'
import { holding, type Place } from './holding.js'
import { format, type Reading, readLog, wholeLog } from './log.js'
import { fileName, type FileName } from './names.js'

export interface AcquireLockNeeds extends Place {
  readonly purpose: Purpose
  readonly removeAll: (names: readonly string[]) => Observable<unknown>
}

/** Maximum number of damaged logs kept per partition. */
const damagedKept = 4

const nothing: Reading = { title: undefined, records: new Map(), isDamaged: false }
/** Returns true for the kinds of files that show that a partition has a holder of that number. */
const isOfHolder = ({ kind }: FileName): boolean => kind === 'lock' || kind === 'log' || kind === 'tmp'
const later = failure('version', `A later version of rx-rooms wrote this partition: this one reads format ${format}.`)

/**
 * Takes over a partition after taking its lock. Removes the locks of earlier holders first, which voids their later
 * writes; then writes their records to a log of this holder, which replaces theirs in one step.
 */
export const acquireLock = (needs: AcquireLockNeeds): Stored<Partition> => {
  const { disk, lock, folder, stem, scope } = needs
  const path = (name: string): string => join(folder, name)
  const name = fileName(stem, lock.number, 'log')
  const mine = (): Observable<readonly FileName[]> =>
    needs.files().pipe(map((files) => files.filter((file) => file.stem === stem)))
  const giveBack = <T>(answer: T): Observable<T> => lock.release().pipe(map(() => answer))

  const depose = mine().pipe(
    concatMap((files) => needs.removeAll(namesOf(files, (file) => file.kind === 'lock' && file.number < lock.number))),
  )
  const take = (files: readonly FileName[]): Stored<Partition> => {
    if (
      files.some(
        (file) =>
          isOfHolder(file) && (file.number > lock.number || (file.kind === 'log' && file.number === lock.number)),
      )
    )
      return giveBack(E.left(busy))
    const old = files.find(({ kind }) => kind === 'log')
    const reading = old ? disk.read(path(old.name)).pipe(map(readLog)) : of(nothing)
    return reading.pipe(
      concatMap((read) =>
        read.title && read.title.format > format ? giveBack(E.left(later)) : renew(files, old, read),
      ),
    )
  }
  const renew = (
    files: readonly FileName[],
    old: FileName | undefined,
    { title, records, isDamaged }: Reading,
  ): Stored<Partition> => {
    const openedAt = needs.purpose === 'own' ? needs.wall() : (title?.openedAt ?? 0)
    const bytes = Buffer.from(wholeLog(scope, openedAt, records))
    const damaged = isDamaged && old ? fileName(stem, old.number, 'damaged') : undefined
    const aside = damaged && old ? linked(path(old.name), path(damaged)) : of(undefined)
    const stale = namesOf(files, ({ kind, number }) => kind !== 'damaged' && number < lock.number)
    const forgotten = namesOf(files, ({ kind }) => kind === 'damaged').slice(damaged ? damagedKept - 1 : damagedKept)
    return aside.pipe(
      concatMap(() => writtenFile(disk, path(`${name}.tmp`), bytes)),
      concatMap(() => disk.rename(path(`${name}.tmp`), path(name))),
      concatMap(() => disk.syncDirectory(folder)),
      concatMap(lock.isHeld),
      concatMap((isHeld) =>
        isHeld
          ? needs.removeAll([...stale, ...forgotten]).pipe(
              concatMap(() => disk.identity(folder)),
              map((identity) =>
                E.right(
                  holding({
                    ...needs,
                    name,
                    identity,
                    records,
                    openedAt,
                    size: bytes.length,
                    damaged: damaged ? [path(damaged)] : [],
                  }),
                ),
              ),
            )
          : removed(disk, path(name)).pipe(map(() => E.left(busy))),
      ),
    )
  }
  const linked = (from: string, to: string): Observable<unknown> =>
    disk
      .link(from, to)
      .pipe(catchError((thrown: unknown) => (hasCode(thrown, 'EEXIST') ? of(undefined) : throwError(() => thrown))))

  return depose.pipe(
    concatMap(mine),
    concatMap(take),
    catchError((thrown: unknown) => giveBack(thrown).pipe(concatMap(() => throwError(() => thrown)))),
  )
}

const namesOf = (files: readonly FileName[], which: (file: FileName) => boolean): readonly string[] =>
  files.filter(which).map(({ name }) => name)
