import { concatMap, defaultIfEmpty, from, map, mergeScan, type Observable, of, takeLast } from 'rxjs'
import * as E from '#fp/Either'
import { asked, done } from '../store/act.js'
import { failure } from '../store/failure.js'
import type { Change, Owner, Partition, Store, Stored } from '../store/port.js'
import {
  type Clocks,
  damagedKey,
  formatRecord,
  isDamagedKey,
  postKey,
  postRecord,
  readRecords,
  recordFormat,
  type Records,
  withInherited,
} from './records.js'

/** A partition of this client, and what an earlier life left there. */
export interface Loaded {
  readonly partition: Partition
  readonly records: Records
}

export interface LoadNeeds {
  readonly store: Store
  readonly owner: Owner
  readonly clocks: Clocks
  /** Names a partition that is new. */
  readonly ids: () => string
  /** How many partitions of an owner are kept that nobody holds and that have nothing to send. */
  readonly partitions: number
  /** How many damaged records of a partition are kept. */
  readonly damaged: number
  /** Something is wrong, and goes on without. */
  readonly report: (message: string) => void
}

/**
 * Takes the partition used last that nobody holds, or a new one, and takes over what others have left to send that nobody
 * holds. What is taken over is first stored here, then removed there, and only then sent.
 */
export const load = (needs: LoadNeeds): Stored<Loaded> => {
  const { store, owner } = needs
  return asked(() => store.list(owner)).pipe(
    concatMap((found) => (E.isLeft(found) ? of(found) : own(needs, found.right))),
    concatMap((taken) => {
      if (E.isLeft(taken)) return of(taken)
      const { loaded, others } = taken.right
      return inherit(needs, loaded, others).pipe(map(E.right))
    }),
  )
}

interface Taken {
  readonly loaded: Loaded
  readonly others: readonly string[]
}

/** The first that can be had. */
const own = (needs: LoadNeeds, [instance, ...rest]: readonly string[], passed: readonly string[] = []): Stored<Taken> =>
  enter(needs, instance ?? needs.ids(), 'own').pipe(
    concatMap((entered) => {
      if (E.isRight(entered)) return of(E.right({ loaded: entered.right, others: [...passed, ...rest] }))
      const { because } = entered.left
      if (instance === undefined || !(because === 'busy' || because === 'version')) return of(entered)
      return own(needs, rest, because === 'busy' ? [...passed, instance] : passed)
    }),
  )

const tooNew = failure(
  'version',
  `A later version of rx-rooms wrote this: this one reads records of format ${recordFormat}.`,
)

/** Opens a partition, reads it, and sets aside what is damaged. */
const enter = (needs: LoadNeeds, instance: string, purpose: 'own' | 'heir'): Stored<Loaded> =>
  asked(() => needs.store.open({ ...needs.owner, instance }, purpose)).pipe(
    concatMap((opened) => {
      if (E.isLeft(opened)) {
        if (opened.left.because === 'version') needs.report(opened.left.message)
        return of(opened)
      }
      const partition = opened.right
      const isCertain = partition.damaged.length === 0
      if (Number(partition.records.get(formatRecord.key) ?? recordFormat) > recordFormat) {
        needs.report(tooNew.message)
        return asked(partition.close).pipe(map(() => E.left(tooNew)))
      }
      if (!isCertain) needs.report(`Damaged data was set aside: ${partition.damaged.join(', ')}.`)
      const records = readRecords(partition.records, needs.clocks, isCertain)
      return tidy(needs, partition, records).pipe(map(() => E.right({ partition, records })))
    }),
  )

/** Damaged records get another name, of which only so many are kept. */
const tidy = (needs: LoadNeeds, partition: Partition, { damaged }: Records): Stored<void> => {
  const changes: Change[] = partition.records.has(formatRecord.key) ? [] : [formatRecord]
  const kept = [...partition.records.keys()].filter(isDamagedKey)
  for (const key of damaged) {
    changes.push({ key: damagedKey(key), text: partition.records.get(key) ?? '' }, { key })
    kept.push(damagedKey(key))
  }
  for (const key of kept.slice(0, Math.max(0, kept.length - needs.damaged))) changes.push({ key })
  if (damaged.length > 0) needs.report(`${damaged.length} damaged records were set aside.`)
  return changes.length === 0 ? of(done) : asked(() => partition.write(changes))
}

/** With what others left to send. They come in the order in which they were opened, the last one first. */
const inherit = (needs: LoadNeeds, own: Loaded, others: readonly string[]): Observable<Loaded> =>
  from(others).pipe(
    mergeScan(
      (heir, instance, index) =>
        enter(needs, instance, 'heir').pipe(
          concatMap((entered) =>
            E.isLeft(entered) ? of(heir) : take(needs, heir, entered.right, index >= needs.partitions),
          ),
        ),
      own,
      1,
    ),
    takeLast(1),
    defaultIfEmpty(own),
  )

const take = (needs: LoadNeeds, heir: Loaded, left: Loaded, isSurplus: boolean): Observable<Loaded> => {
  const { partition, records } = left
  if (records.posts.length === 0) return asked(isSurplus ? partition.discard : partition.close).pipe(map(() => heir))
  const joined = withInherited(heir.records, records.posts)
  const keys = records.posts.map(postKey)
  const taken = joined.posts.filter((post) => records.ranks.has(postKey(post)))
  const fresh = keys.filter((key) => !heir.records.ranks.has(key))
  const store = taken.map((post) => postRecord(post, needs.clocks, joined.ranks.get(postKey(post))))
  return asked(() => heir.partition.write(store)).pipe(
    concatMap((stored) => (E.isLeft(stored) ? of(stored) : asked(() => partition.write(keys.map(removal))))),
    concatMap((moved) => {
      if (E.isRight(moved)) return of({ ...heir, records: joined })
      needs.report(`What another client left could not be taken over: ${moved.left.message}`)
      return asked(() => heir.partition.write(fresh.map(removal))).pipe(map(() => heir))
    }),
    concatMap((loaded) => asked(partition.close).pipe(map(() => loaded))),
  )
}

const removal = (key: string): Change => ({ key })
