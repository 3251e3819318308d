import { AsyncSubject, map, type Observable, of, Subscription, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Hint, Positions } from '../core/ports.js'
import type { Recalled, StoredSession } from '../kernel/identity.js'
import type { Journal, Posted } from '../outbox/journal.js'
import { callStore, observer } from '../store/calls.js'
import type { Change, Owner, Partition, Store, Stored } from '../store/port.js'
import { type Loaded, load } from './load.js'
import { storeTimeout } from './store-timeout.js'
import { type Clocks, nextRank, postKey, postRecord, runRecord, sessionRecord } from './records.js'
import { type StoredPositions, storedPositions } from './positions.js'
import { type Writer, writer } from './writer.js'

/** The bounds of data kept beyond the life of a client. */
export interface PersistenceOptions {
  /** Time for the store to open, in ms; then the client goes on without it. Default 5 000. */
  readonly openMs: number
  /**
   * The longest wait, in ms, before connecting, for leases of earlier clients that may still run; then the client
   * ignores their data. Matters only for a store that cannot ask its holders, as on network file systems. Default 90
   * 000.
   */
  readonly waitMs: number
  /**
   * The shortest interval between writes of positions, in ms; they are also written when the page is hidden or the
   * client closed. Default 1 000.
   */
  readonly positionMs: number
  /**
   * The number of rooms to keep positions of. Beyond it, the client forgets the room that moved longest ago and is not
   * consumed now; if all are consumed, it does not keep another room's position. It reports either as a fault. Default
   * 100 000.
   */
  readonly positions: number
  /** Time for the store to write, in ms; then the client keeps the data in memory until the store answers. Default 10 000. */
  readonly writeMs: number
  /** The number of partitions of the user's other instances to keep that have nothing to send. Default 16. */
  readonly partitions: number
  /** The number of damaged records to keep. Default 16. */
  readonly damaged: number
}

export interface PersistenceNeeds {
  readonly store: Store
  readonly owner: () => Owner
  readonly options: PersistenceOptions
  readonly clocks: Clocks
  readonly deadlines: Deadlines
  readonly hints$: Observable<Hint>
  readonly ids: () => string
  /** Runs in a turn, and calls `flush` when that is over and no calls are being gathered. */
  readonly turn: (task: () => void) => void
  /** Reports a failure of the store; the client goes on without it. */
  readonly report: (message: string) => void
  /** Takes over a message that an earlier run posted. In a turn. */
  readonly adopt: (posted: Posted) => void
  /** Another client has taken over the stored data, or it was erased. In a turn. */
  readonly lost: () => void
}

/** The data of a client in its store. Opens on first use. Call in a turn. */
export interface Persistence {
  readonly journal: Journal
  readonly positions: Positions
  /** Stores everything given since the last call in one atomic step. Call at the end of a turn. */
  readonly flush: () => void
  /** Calls back once the stored data is known, or is unavailable: at once from the second time on. */
  readonly recall: (then: (known: Recalled | undefined) => void) => void
  readonly remember: (session: StoredSession) => void
  /** Deletes the stored session, which has ended. */
  readonly forget: () => void
  /**
   * Stores the remaining data, gives the lease back, and keeps nothing from now on; stored data stays. Starts at the
   * call, and emits once everything is stored and the lease is given back. A second call emits at the same time.
   */
  readonly leave: () => Observable<void>
  /** Erases all data of this user, and keeps nothing from now on. */
  readonly erase: () => Stored<void>
}

export const persistence = (needs: PersistenceNeeds): Persistence => {
  const { store, options, clocks, deadlines, turn, report } = needs
  const writer$ = new AsyncSubject<Writer | undefined>()
  const life = new Subscription()
  let isOpening = false
  let isOver = false
  let isReady = false
  let known: Recalled | undefined
  let held: Partition | undefined
  let current: Writer | undefined
  let left$: Observable<void> = of(undefined)
  /** The ranks of posts stored or about to be, once the store is open. */
  let ranks = new Map<string, number | undefined>()
  let next = 0
  /**
   * Keys of unsettled posts that could not be stored: until they settle, the positions of messages that may have led to
   * them are not stored, so that after a kill those messages are offered again.
   */
  const unkept = new Set<string>()

  const write = (change: () => Change): Observable<boolean> => {
    open()
    return writer$.pipe(switchMap((to) => (to && !isOver ? to.write(change()) : of(false))))
  }
  const note = (change: Change): void => {
    write(() => change).subscribe(observer(() => undefined))
  }
  const rankOf = (key: string): number | undefined => {
    if (!ranks.has(key)) ranks.set(key, next++)
    return ranks.get(key)
  }
  const flush = (): void => { current?.flush() }
  /** A batch begins when no step is half given: at the end of a turn, or of the calls that are made at once. */
  const stepOver = (): void => { turn(() => undefined) }
  const positions: StoredPositions = storedPositions({
    every: options.positionMs,
    most: options.positions,
    deadlines,
    due: stepOver,
    isBarred: () => unkept.size > 0,
    report,
  })
  const put = (key: string, change: () => Change): Observable<'stored' | 'failed'> =>
    write(change).pipe(map((isSafe) => {
      if (isSafe) settled(key)
      else if (!isOver) unkept.add(key)
      return isSafe ? 'stored' : 'failed'
    }))
  const settled = (key: string): void => {
    if (unkept.delete(key) && unkept.size === 0) positions.flush()
  }

  const ready = (to: Writer | undefined): void => {
    isReady = true
    writer$.next(to)
    writer$.complete()
  }
  const without = (message: string): void => {
    if (isReady) return
    report(message)
    isOver = true
    ready(undefined)
  }
  const opened = (found: Loaded): void => {
    if (isReady) {
      callStore(found.partition.close).subscribe(observer(() => undefined))
      return
    }
    const { partition, records } = found
    held = partition
    ranks = new Map(records.ranks)
    next = nextRank(ranks)
    known = { session: records.session, life: partition.token }
    positions.load(records.positions)
    life.add(partition.lost$.subscribe(observer(() => { turn(lost) })))
    life.add(partition.faults$?.subscribe(observer(({ message }) => { turn(() => { report(message) }) })))
    life.add(needs.hints$.subscribe(observer((hint) => { if (hint === 'hidden' || hint === 'frozen') positions.flush() })))
    for (const post of records.posts) needs.adopt(post)
    const keys = [...partition.records.keys(), ...records.posts.map(postKey)]
    current = writer({
      to: partition,
      found: keys,
      failed: ({ because, message }) => {
        if (because !== 'fenced') report(`It could not be stored (${because}): ${message}`)
      },
      collect: positions.collect,
      resume: stepOver,
      limitMs: options.writeMs,
      deadlines,
    })
    ready(current)
  }
  /** The lease reports its loss before any write is refused. */
  const lost = (): void => {
    if (isOver) return
    end()
    report('Another client has taken over what this one had stored, or erased it.')
    needs.lost()
  }
  const open = (): void => {
    if (isOpening || isOver) return
    isOpening = true
    const within = (limitMs: number): Deadline => deadlines.after(limitMs, () => {
      turn(() => { without(`The store did not open within ${limitMs} ms.`) })
    })
    let late = within(options.openMs)
    const waits = (): void => {
      late.cancel()
      late = within(options.waitMs + options.openMs)
    }
    load({
      store, clocks, report,
      patience: storeTimeout({ waitMs: options.waitMs, deadlines, now: clocks.now, waits, report }),
      owner: needs.owner(),
      ids: needs.ids,
      partitions: options.partitions,
      damaged: options.damaged,
    }).subscribe(observer((answer) => {
      turn(() => {
        late.cancel()
        if (E.isRight(answer)) opened(answer.right)
        else without(`The store cannot be used (${answer.left.because}): ${answer.left.message}`)
      })
    }))
  }
  const end = (): void => {
    isOver = true
    positions.close()
    life.unsubscribe()
    if (!isReady) ready(undefined)
  }

  return {
    journal: {
      put: (posted) => {
        const key = postKey(posted)
        return put(key, () => postRecord(posted, clocks, rankOf(key)))
      },
      remove: (posted) => {
        const key = postKey(posted)
        write(() => {
          ranks.delete(key)
          return { key }
        }).subscribe(observer(() => undefined))
        settled(key)
      },
    },
    positions,
    flush,
    recall: (then) => {
      open()
      writer$.subscribe(observer(() => { then(isOver ? undefined : known) }))
    },
    remember: (session) => { note(sessionRecord(session)) },
    forget: () => { note({ key: 'session' }) },
    leave: () => {
      if (isOver) return left$
      const left = held
      const done$ = new AsyncSubject<void>()
      left$ = done$.asObservable()
      if (current && unkept.size === 0) note(runRecord('closed'))
      writer$.pipe(switchMap((to) => to?.settled() ?? of(undefined)), switchMap(() => left ? callStore(left.close) : of(undefined))).subscribe(observer(() => {
        done$.next()
        done$.complete()
      }))
      end()
      return left$
    },
    erase: () => {
      const left = held
      end()
      const erased$ = callStore(() => store.erase(needs.owner()))
      if (left) erased$.pipe(switchMap(() => callStore(left.close))).subscribe(observer(() => undefined))
      return erased$
    },
  }
} // prettier-ignore
