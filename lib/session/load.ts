import { concatMap, defaultIfEmpty, from, map, mergeScan, type Observable, of, takeLast } from 'rxjs'
import * as E from '#fp/Either'
import { callStore, done } from '../store/calls.js'
import { failure } from '../store/failure.js'
import type { Change, Owner, Partition, Store, Stored, StoreFailure } from '../store/port.js'
import type { StoreTimeout } from './store-timeout.js'
import {
  type Clocks,
  damagedKey,
  formatRecord,
  isDamagedKey,
  positionRecord,
  postKey,
  postRecord,
  readRecords,
  recordFormat,
  type Records,
  runRecord,
  withInherited,
} from './records.js'

/** A partition of this client with the records of an earlier run. */
export interface Loaded {
  readonly partition: Partition
  readonly records: Records
}

export interface LoadNeeds {
  readonly store: Store
  readonly owner: Owner
  readonly clocks: Clocks
  /** Makes the name of a new partition. */
  readonly ids: () => string
  /** The number of an owner's partitions to keep that are free and have nothing to send. */
  readonly partitions: number
  /** The number of damaged records of a partition to keep. */
  readonly damaged: number
  /** Waits for leases whose holders do not answer. */
  readonly inTime: StoreTimeout
  /** Reports a failure; the load goes on without the failed part. */
  readonly report: (message: string) => void
}

/**
 * Takes the most recently used free partition, or a new one, and takes over unsent messages of other free partitions.
 * If a partition may be held or not, it waits. Messages to take over are first stored here, then removed there, and
 * only then sent.
 */
export const load = (needs: LoadNeeds): Stored<Loaded> => {
  const { store, owner } = needs
  return callStore(() => store.list(owner)).pipe(
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

/** Skipped partitions, held by others. */
interface Passed {
  /** They may be free by now. */
  readonly others: readonly string[]
  /** A running client holds one. */
  readonly isShared: boolean
}

/** Takes the first available partition. */
const own = (
  needs: LoadNeeds,
  [instance, ...rest]: readonly string[],
  passed: Passed = { others: [], isShared: false },
): Stored<Taken> =>
  enter(needs, instance ?? needs.ids(), 'own').pipe(
    concatMap((entered) => {
      if (E.isRight(entered)) {
        if (instance === undefined && passed.isShared && !needs.store.isSideBySide) needs.report(shared)
        return of(E.right({ loaded: entered.right, others: [...passed.others, ...rest] }))
      }
      const { because } = entered.left
      if (instance === undefined || !skipped.has(because)) return of(entered)
      if (because !== 'busy') return own(needs, rest, passed)
      return own(needs, rest, { others: [...passed.others, instance], isShared: true })
    }),
  )

const skipped: ReadonlySet<StoreFailure['because']> = new Set(['busy', 'leased', 'version'])

const shared =
  'Another client of this identity runs and holds what is stored: this one begins with an empty partition of its own.'

const tooNew = failure(
  'version',
  `A later version of rx-rooms wrote this: this one reads records of format ${recordFormat}.`,
)

/** Opens a partition, reads it, and sets damaged data aside. */
const enter = (needs: LoadNeeds, instance: string, purpose: 'own' | 'heir'): Stored<Loaded> =>
  needs
    .inTime(() => callStore(() => needs.store.open({ ...needs.owner, instance }, purpose)))
    .pipe(
      concatMap((opened) => {
        if (E.isLeft(opened)) {
          if (opened.left.because === 'version') needs.report(opened.left.message)
          return of(opened)
        }
        const partition = opened.right
        const isCertain = partition.damaged.length === 0
        if (Number(partition.records.get(formatRecord.key) ?? recordFormat) > recordFormat) {
          needs.report(tooNew.message)
          return callStore(partition.close).pipe(map(() => E.left(tooNew)))
        }
        if (!isCertain) needs.report(`Damaged data was set aside: ${partition.damaged.join(', ')}.`)
        const records = known(readRecords(partition.records, needs.clocks, isCertain), partition)
        return tidy(needs, partition, records, purpose === 'own').pipe(map(() => E.right({ partition, records })))
      }),
    )

/** Drops the session if the count of openings was lost: the server already knows higher generations than the next ones. */
const known = (records: Records, { token }: Partition): Records =>
  token > 1 ? records : { ...records, session: undefined }

/** Renames damaged records, and keeps only a limited number of them. */
const tidy = (
  needs: LoadNeeds,
  partition: Partition,
  { damaged, positions }: Records,
  isOwn: boolean,
): Stored<void> => {
  const changes: Change[] = partition.records.has(formatRecord.key) ? [] : [formatRecord]
  // Before any message is offered: positions may lag from now on.
  if (isOwn && partition.records.get('run') === 'closed') changes.push(runRecord('open'))
  // After a run that was killed nobody knows how much it offered, also if this run is closed and does not offer anything.
  for (const [room, position] of isOwn ? positions : []) {
    const change = positionRecord(room, position)
    if (partition.records.get(change.key) !== change.text) changes.push(change)
  }
  const kept = [...partition.records.keys()].filter(isDamagedKey)
  for (const key of damaged) {
    changes.push({ key: damagedKey(key), text: partition.records.get(key) ?? '' }, { key })
    kept.push(damagedKey(key))
  }
  for (const key of kept.slice(0, Math.max(0, kept.length - needs.damaged))) changes.push({ key })
  if (damaged.length > 0) needs.report(`${damaged.length} damaged records were set aside.`)
  return changes.length === 0 ? of(done) : callStore(() => partition.write(changes))
}

/** Adds the unsent messages of others, most recently opened first. */
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
  if (records.posts.length === 0)
    return callStore(isSurplus ? partition.discard : partition.close).pipe(map(() => heir))
  const joined = withInherited(heir.records, records.posts)
  const keys = records.posts.map(postKey)
  const taken = joined.posts.filter((post) => records.ranks.has(postKey(post)))
  const fresh = keys.filter((key) => !heir.records.ranks.has(key))
  const store = taken.map((post) => postRecord(post, needs.clocks, joined.ranks.get(postKey(post))))
  return callStore(() => heir.partition.write(store)).pipe(
    concatMap((stored) => (E.isLeft(stored) ? of(stored) : callStore(() => partition.write(keys.map(removal))))),
    concatMap((moved) => {
      if (E.isRight(moved)) return of({ ...heir, records: joined })
      needs.report(`What another client left could not be taken over: ${moved.left.message}`)
      return callStore(() => heir.partition.write(fresh.map(removal))).pipe(map(() => heir))
    }),
    concatMap((loaded) => callStore(partition.close).pipe(map(() => loaded))),
  )
}

const removal = (key: string): Change => ({ key })
