import * as E from '#fp/Either'
import { map, type Observable, of, type SchedulerLike, switchMap, tap } from 'rxjs'
import { start, andThen } from './calls.js'
import { busy, leasedFor } from './failure.js'
import { leasedPartition } from './leased-partition.js'
import type { Owner, Partition, Purpose, Scope, Store, Stored, StoreFailure } from './port.js'
import {
  type Content,
  type Header,
  laterFirst,
  type Listed,
  type Lock,
  type Locks,
  type KeyValueBackend,
} from './key-value-backend.js'

/** The dependencies of leases. */
export interface LeaseNeeds {
  readonly shelf: KeyValueBackend
  /** The platform's locks. Without them a lease is a time that its holder keeps extending. */
  readonly locks: Locks | undefined
  /** Remembers a page's own partition across reloads. */
  readonly page?: PageMemory
  /** Emits when this page ends: without locks its leases are given back then. */
  readonly leaving$: Observable<unknown>
  readonly scheduler: SchedulerLike
  /** The wall clock, in ms since 1970, the same for all users of the shelf. */
  readonly wall: () => number
  readonly ids: () => string
  /** The duration of a lease without renewal, in ms. */
  readonly leaseMs: number
}

/** A page's memory of its partition across reloads. */
export interface PageMemory {
  readonly recall: (owner: Owner) => string | undefined
  readonly note: (scope: Scope) => void
}

/**
 * Makes a store from a shelf. The holder of a partition writes its name into the header, and every later step checks it
 * first: a holder presumed dead that wakes up writes nothing.
 */
export const leased = (needs: LeaseNeeds): Store => {
  const { shelf, locks, page, wall, leaseMs } = needs
  const ends = (): number => (locks ? 0 : wall() + leaseMs)
  /** An end beyond the longest lease was written by another clock. */
  const isHeld = ({ until }: Header): boolean => until > wall() && until <= wall() + leaseMs

  /** Lease ends seen, by partition. */
  const seen = new Map<string, Header>()
  /** The reason why a leased partition is unavailable: a holder that extends its lease is alive. */
  const refusal = (scope: Scope, now: Header): StoreFailure => {
    const [name, before] = [nameOf(scope), seen.get(nameOf(scope))]
    if (before?.holder === now.holder && before.until !== now.until) return busy
    seen.set(name, now)
    return leasedFor(now.until - wall())
  }

  const take = (scope: Scope, purpose: Purpose, lock: Lock | undefined): Stored<Partition> => {
    const holder = needs.ids()
    let refused = busy
    let isNamed = true
    let mine: Header = { token: 1, holder, openedAt: wall(), until: ends() }
    const taken = shelf.step(scope, (header) => {
      // A failed step may have taken effect all the same.
      if (header && isHeld(header) && header.holder !== holder) {
        refused = refusal(scope, header)
        return { _tag: 'Refuse' }
      }
      seen.delete(nameOf(scope))
      isNamed = header !== undefined
      const openedAt = purpose === 'own' ? mine.openedAt : (header?.openedAt ?? 0)
      mine = { ...mine, openedAt, token: (header?.token ?? 0) + 1 }
      return { _tag: 'Write', header: mine, changes: [] }
    })
    return taken.pipe(
      andThen((isTaken) => (isTaken ? shelf.read(scope) : of(E.left(refused)))),
      tap({
        next: (answer) => {
          if (E.isLeft(answer)) void lock?.release()
          else if (purpose === 'own') page?.note(scope)
        },
        error: () => void lock?.release(),
      }),
      map(
        E.map((content) =>
          leasedPartition({
            ...needs,
            scope,
            header: mine,
            content: isNamed ? content : headless(scope, content),
            lock,
            ends,
          }),
        ),
      ),
    )
  }

  return {
    isSideBySide: page !== undefined,
    list: (owner) => {
      const mine = page?.recall(owner)
      const order = (found: readonly Listed[]): readonly string[] => {
        const instances = [...found].sort(laterFirst).map(({ instance }) => instance)
        return mine !== undefined && instances.includes(mine)
          ? [mine, ...instances.filter((instance) => instance !== mine)]
          : instances
      }
      return start(shelf.list(owner).pipe(map(E.map(order))))
    },
    open: (scope, purpose = 'own') =>
      start(
        locks
          ? locks(nameOf(scope)).pipe(switchMap((lock) => (lock ? take(scope, purpose, lock) : of(E.left(busy)))))
          : take(scope, purpose, undefined),
      ),
    erase: (owner) => start(shelf.erase(owner)),
  }
}

/** Records exist without a header: the missing header is damage. */
const headless = (scope: Scope, { records, damaged }: Content): Content => ({
  records,
  damaged: records.size > 0 && damaged.length === 0 ? [`the header of ${nameOf(scope)}`] : damaged,
})

/** A partition as one text, unique per scope. */
export const nameOf = ({ url, user, instance }: Scope): string => JSON.stringify([url, user, instance])
