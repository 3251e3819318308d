import { AsyncSubject, map, type Observable, of, Subscription, switchMap } from 'rxjs'
import type { Deadlines } from '../core/deadlines.js'
import type { Hint, KeptPositions } from '../core/ports.js'
import type { StoredSession } from '../kernel/identity.js'
import type { Journal, Posted } from '../outbox/journal.js'
import { callStore, observer } from '../store/calls.js'
import type { Change, Owner, Partition, Store, Stored } from '../store/port.js'
import type { Loaded } from './load.js'
import { openPartition } from './opening.js'
import { postJournal } from './post-journal.js'
import { type Clocks, postKey, runRecord, sessionRecord } from './records.js'
import { storedPositions } from './positions.js'
import { type Writer, writer } from './writer.js'

/** The identity of an earlier run. */
export interface Recalled {
  readonly session: StoredSession | undefined
  /** Counts the runs of this instance: the server ignores an earlier run. */
  readonly life: number
}

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
  readonly positions: KeptPositions
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

  const write = (change: () => Change): Observable<boolean> => {
    open()
    return writer$.pipe(switchMap((to) => (to && !isOver ? to.write(change()) : of(false))))
  }
  const note = (change: Change): void => {
    write(() => change).subscribe(observer(() => undefined))
  }
  /** A batch begins when no step is half given: at the end of a turn, or of the calls that are made at once. */
  const stepOver = (): void => {
    turn(() => undefined)
  }
  const journal = postJournal({ clocks, write, isOver: () => isOver, completed: () => positions.flush() })
  const positions = storedPositions({
    every: options.positionMs,
    most: options.positions,
    deadlines,
    due: stepOver,
    isBarred: journal.isIncomplete,
    report,
  })

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
  const opened = ({ partition, records }: Loaded): void => {
    if (isReady) {
      callStore(partition.close).subscribe(observer(() => undefined))
      return
    }
    held = partition
    known = { session: records.session, life: partition.token }
    journal.load(records.ranks)
    positions.load(records.positions)
    life.add(watched(partition, needs, { lost, flush: positions.flush }))
    for (const post of records.posts) needs.adopt(post)
    current = writer({
      to: partition,
      found: [...partition.records.keys(), ...records.posts.map(postKey)],
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
    openPartition({ ...needs, opened, failed: without })
  }
  const end = (): void => {
    isOver = true
    positions.close()
    life.unsubscribe()
    if (!isReady) ready(undefined)
  }

  return {
    journal,
    positions,
    flush: () => current?.flush(),
    recall: (then) => {
      open()
      writer$.subscribe(observer(() => then(isOver ? undefined : known)))
    },
    remember: (session) => note(sessionRecord(session)),
    forget: () => note({ key: 'session' }),
    leave: () => {
      if (isOver) return left$
      if (current && !journal.isIncomplete()) note(runRecord('closed'))
      left$ = released(writer$, held)
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
}

/** Follows the lease of an open partition and its faults, and stores positions before the page may end. */
const watched = (
  partition: Partition,
  { turn, report, hints$ }: PersistenceNeeds,
  { lost, flush }: { readonly lost: () => void; readonly flush: () => void },
): Subscription => {
  const watch = partition.lost$.subscribe(observer(() => turn(lost)))
  watch.add(partition.faults$?.subscribe(observer(({ message }) => turn(() => report(message)))))
  const hinted = (hint: Hint): void => {
    if (hint === 'hidden' || hint === 'frozen') flush()
  }
  watch.add(hints$.subscribe(observer(hinted)))
  return watch
}

/** Gives a partition back once everything is stored. Starts at the call. */
const released = (writer$: Observable<Writer | undefined>, partition: Partition | undefined): Observable<void> => {
  const done$ = new AsyncSubject<void>()
  writer$
    .pipe(
      switchMap((to) => to?.settled() ?? of(undefined)),
      switchMap(() => (partition ? callStore(partition.close) : of(undefined))),
      map(() => undefined),
    )
    .subscribe(done$)
  return done$.asObservable()
}
