import { distinctUntilChanged, map, Observable } from 'rxjs'
import { cell } from '../core/cell.js'
import type { Mailbox } from '../core/mailbox.js'
import type { Entry } from './entry.js'
import { older } from './overflow.js'

/** Where a message stands that has no result: it waits; it waits, and a store keeps it; it is written and not answered. */
export type Stage = 'queued' | 'stored' | 'inFlight'

/** A message without a result: what it takes to draw a tick beside it. */
export interface Pending {
  /** The same as in the receipt, and in the message when it comes back. */
  readonly id: string
  readonly room: string
  readonly event: string
  readonly stage: Stage
  /** How often it was written. */
  readonly attempts: number
  /** When it was given, in ms on the scheduler's clock (by default `performance.now()`), not on the calendar's. */
  readonly since: number
  readonly bytes: number
}

/** What an outbox holds, the oldest first: what an earlier life left, and as much more as the bounds of the outbox allow. */
export interface OutboxState {
  /** The same object as before for a message of which nothing has changed. */
  readonly entries: readonly Pending[]
  /** How many of them are not in flight. */
  readonly queued: number
  readonly inFlight: number
  readonly bytes: number
}

/** An outbox as its user sees it. Costs nothing while nobody looks. */
export interface View {
  /** What is held, at once and then after each turn that changed it. */
  readonly changes$: Observable<OutboxState>
  /** Ends a turn. */
  readonly refresh: () => void
  readonly complete: () => void
}

/** `version` says whether anything has changed since. */
export const view = (box: Mailbox, held: () => readonly Entry[], version: () => number): View => {
  const seen = new WeakMap<Entry, Pending>()
  let present: OutboxState = { entries: [], queued: 0, inFlight: 0, bytes: 0 }
  let seenAt = version()
  const state = cell(present, box)
  let watchers = 0

  const show = (entry: Entry): Pending => {
    const before = seen.get(entry)
    const stage = entry.ref > 0 ? 'inFlight' : entry.kept?.isStored ? 'stored' : 'queued'
    if (before?.stage === stage && before.attempts === entry.attempts) return before
    const { id, room, event, attempts, since, bytes } = entry
    const pending: Pending = Object.freeze({ id, room, event, stage, attempts, since, bytes })
    seen.set(entry, pending)
    return pending
  }
  /** As it is now, which may be in the middle of a turn; the same object while nothing changes. */
  const look = (): OutboxState => {
    if (version() === seenAt) return present
    seenAt = version()
    const entries = Object.freeze([...held()].sort(older).map(show))
    const inFlight = entries.filter(({ stage }) => stage === 'inFlight').length
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
    present = Object.freeze({ entries, queued: entries.length - inFlight, inFlight, bytes })
    return present
  }
  const refresh = (): void => { state.set(look()) }
  /** Who comes in the middle of a turn is told what is held by then, and the others at its end. */
  const fromNow$ = state.changes$.pipe(
    map((committed, index) => (index === 0 ? look() : committed)),
    distinctUntilChanged(),
  )
  return {
    changes$: new Observable((to) => {
      watchers++
      if (!box.busy()) box.enter(refresh)
      to.add(fromNow$.subscribe(to))
      return () => { watchers-- }
    }),
    refresh: () => { if (watchers > 0) refresh() },
    complete: state.complete,
  }
} // prettier-ignore
