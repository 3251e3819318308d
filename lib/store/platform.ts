import { AsyncSubject, EMPTY, firstValueFrom, from, fromEvent, Observable, type SchedulerLike } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { randomId } from '../core/ids.js'
import { monotonic, epochNow } from '../core/platform.js'
import type { LeaseNeeds, PageMemory } from './leased.js'
import type { Owner } from './port.js'
import type { Lock, Locks, KeyValueBackend } from './key-value-backend.js'

/** Lease options of a browser's stores. */
export interface LeaseOptions {
  /**
   * Time, in ms, for which a page without Web Locks (one not loaded over HTTPS) may be frozen before another takes over
   * its partitions. Default 60 000.
   */
  readonly leaseMs?: number | undefined
  /** The clock and timers. Default: the platform's timers with a monotonic clock. */
  readonly scheduler?: SchedulerLike | undefined
}

interface Platform {
  readonly navigator?: { readonly locks?: LockManager }
  readonly document?: unknown
}

/** The best leases of this platform; `space` names their storage. */
export const platformLeases = (
  shelf: KeyValueBackend,
  space: string,
  { leaseMs = 60_000, scheduler = monotonic }: LeaseOptions,
): LeaseNeeds => {
  const { navigator, document } = globalThis as Platform
  const manager = navigator?.locks
  return {
    shelf,
    locks: manager && webLocks(manager, space),
    ...(document ? { page } : {}),
    leaving$: document ? fromEvent(globalThis as unknown as EventTarget, 'pagehide') : EMPTY,
    scheduler,
    wall: epochNow,
    ids: randomId,
    leaseMs,
  }
}

const keyOf = ({ url, user }: Owner): string => `rx-rooms:page ${JSON.stringify([url, user])}`

/** A tab keeps its session storage across reloads. A copy of the tab has it too: the lease tells the two apart. */
const page: PageMemory = {
  recall: (owner) => {
    const found = guard(() => sessionStorage.getItem(keyOf(owner)) ?? undefined)
    return E.isRight(found) ? found.right : undefined
  },
  note: (scope) => void guard(() => sessionStorage.setItem(keyOf(scope), scope.instance)),
}

/** The locks of pages of one origin: the browser releases them when a page ends, even after a crash. */
export const webLocks =
  (manager: Pick<LockManager, 'request'>, space: string): Locks =>
  (name) =>
    new Observable((to) => {
      const left$ = new AsyncSubject<void>()
      const released$ = new AsyncSubject<void>()
      const lock: Lock = {
        release: () => {
          left$.next()
          left$.complete()
          return released$.asObservable()
        },
      }
      const granted = (given: unknown): Promise<void> | undefined => {
        to.next(given ? lock : undefined)
        to.complete()
        return given ? firstValueFrom(left$, { defaultValue: undefined }) : undefined
      }
      from(manager.request(`rx-rooms ${space} ${name}`, { ifAvailable: true }, granted)).subscribe({
        next: () => {
          released$.next()
          released$.complete()
        },
        error: (thrown: unknown) => {
          to.error(thrown)
        },
      })
    })
