import { AsyncSubject, map, type Observable, of, Subscription, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Hint, Positions } from '../core/ports.js'
import type { Journal, Posted } from '../outbox/journal.js'
import { asked, heard } from '../store/act.js'
import type { Change, Owner, Partition, Store, Stored } from '../store/port.js'
import { type Loaded, load } from './load.js'
import { patience } from './patience.js'
import { type Clocks, nextRank, postKey, postRecord, runRecord, sessionRecord, type StoredSession } from './records.js'
import { type StoredPositions, storedPositions } from './positions.js'
import { type Writer, writer } from './writer.js'

/** The bounds of what is kept beyond the life of a client. */
export interface PersistenceOptions {
  /** How long the store may take to open, in ms; then the client goes on without. Default 5 000. */
  readonly openMs: number
  /**
   * How long to wait, before connecting, for leases of earlier clients that may or may not run, in ms; then what those stored
   * is not used. Matters only where a store cannot ask who holds it, as on network file systems. Default 90 000.
   */
  readonly waitMs: number
  /** Positions are written at most every so many ms, and when the page is hidden or the client closed. Default 1 000. */
  readonly positionMs: number
  /**
   * Of how many rooms positions are kept. Beyond it, the room that moved longest ago and is not consumed at present is
   * forgotten; where all are consumed, another room's position is not kept. Either is reported as a fault. Default 100 000.
   */
  readonly positions: number
  /**
   * How long the store may take to write, in ms; then what it was to store goes on in memory until the store answers.
   * Default 10 000.
   */
  readonly writeMs: number
  /** How many partitions of other instances of the user are kept that have nothing to send. Default 16. */
  readonly partitions: number
  /** How many damaged records are kept. Default 16. */
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
  /** Something is wrong with the store, and the client goes on without. */
  readonly report: (message: string) => void
  /** What an earlier life has posted. In a turn. */
  readonly adopt: (posted: Posted) => void
  /** What is stored is in the hands of another client from now on, or erased. In a turn. */
  readonly lost: () => void
}

/** Who this client was. */
export interface Recalled {
  readonly session: StoredSession | undefined
  /** Counts the lives of this instance: what an earlier one says has no force. */
  readonly life: number
}

/** What a client keeps in its store. Opened when it is first needed. To be called in a turn. */
export interface Persistence {
  readonly journal: Journal
  readonly positions: Positions
  /** Stores everything that was given since the last call in one atomic step. To be called at the end of a turn. */
  readonly flush: () => void
  /** Calls back once what was stored is known, or that nothing can be: at once from the second time on. */
  readonly recall: (then: (known: Recalled | undefined) => void) => void
  readonly remember: (session: StoredSession) => void
  /** The session is nobody's any more. */
  readonly forget: () => void
  /**
   * Stores what is left, gives the lease back, and keeps nothing from now on; what is stored stays. Starts at the call, and
   * emits once everything is stored and the lease is given back. Called again it emits at the same time.
   */
  readonly leave: () => Observable<void>
  /** Erases everything of this user, and keeps nothing from now on. */
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
  /** Of what is stored or about to be, once the store is open. */
  let ranks = new Map<string, number | undefined>()
  let next = 0
  /**
   * Keys of posts that could not be stored and are not settled: until they are, the positions of messages that may have led
   * to them are not stored, so that a kill offers those messages again.
   */
  const unkept = new Set<string>()

  const write = (change: () => Change): Observable<boolean> => {
    open()
    return writer$.pipe(switchMap((to) => (to && !isOver ? to.write(change()) : of(false))))
  }
  const note = (change: Change): void => {
    write(() => change).subscribe(heard(() => undefined))
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
      asked(found.partition.close).subscribe(heard(() => undefined))
      return
    }
    const { partition, records } = found
    held = partition
    ranks = new Map(records.ranks)
    next = nextRank(ranks)
    known = { session: records.session, life: partition.token }
    positions.load(records.positions)
    life.add(partition.lost$.subscribe(heard(() => { turn(lost) })))
    life.add(partition.faults$?.subscribe(heard(({ message }) => { turn(() => { report(message) }) })))
    life.add(needs.hints$.subscribe(heard((hint) => { if (hint === 'hidden' || hint === 'frozen') positions.flush() })))
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
  /** Told by the lease before any writing is refused. */
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
      patience: patience({ waitMs: options.waitMs, deadlines, now: clocks.now, waits, report }),
      owner: needs.owner(),
      ids: needs.ids,
      partitions: options.partitions,
      damaged: options.damaged,
    }).subscribe(heard((answer) => {
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
        }).subscribe(heard(() => undefined))
        settled(key)
      },
    },
    positions,
    flush,
    recall: (then) => {
      open()
      writer$.subscribe(heard(() => { then(isOver ? undefined : known) }))
    },
    remember: (session) => { note(sessionRecord(session)) },
    forget: () => { note({ key: 'session' }) },
    leave: () => {
      if (isOver) return left$
      const left = held
      const done$ = new AsyncSubject<void>()
      left$ = done$.asObservable()
      if (current && unkept.size === 0) note(runRecord('closed'))
      writer$.pipe(switchMap((to) => to?.settled() ?? of(undefined)), switchMap(() => left ? asked(left.close) : of(undefined))).subscribe(heard(() => {
        done$.next()
        done$.complete()
      }))
      end()
      return left$
    },
    erase: () => {
      const left = held
      end()
      const erased$ = asked(() => store.erase(needs.owner()))
      if (left) erased$.pipe(switchMap(() => asked(left.close))).subscribe(heard(() => undefined))
      return erased$
    },
  }
} // prettier-ignore
