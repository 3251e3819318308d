import { AsyncSubject, EMPTY, firstValueFrom, from, fromEvent, Observable, type SchedulerLike } from 'rxjs'
import { randomId } from '../core/ids.js'
import { monotonic, wall } from '../core/platform.js'
import type { LeaseNeeds } from './leased.js'
import type { Lock, Locks, Shelf } from './shelf.js'

/** Where the leases of a browser's stores differ. */
export interface LeaseOptions {
  /**
   * How long a page without Web Locks (one that was not loaded over HTTPS) may be frozen before another takes over what it
   * holds, in ms. Default 60 000.
   */
  readonly leaseMs?: number
  /** All time. Default: the platform's timers with a clock that never jumps. */
  readonly scheduler?: SchedulerLike
}

interface Platform {
  readonly navigator?: { readonly locks?: LockManager }
  readonly addEventListener?: unknown
  readonly document?: unknown
}

/** Leases as good as this platform has them. */
export const platformLeases = (shelf: Shelf, { leaseMs = 60_000, scheduler = monotonic }: LeaseOptions): LeaseNeeds => {
  const { navigator, document } = globalThis as Platform
  const manager = navigator?.locks
  return {
    shelf,
    locks: manager && webLocks(manager),
    leaving$: document ? fromEvent(globalThis as unknown as EventTarget, 'pagehide') : EMPTY,
    scheduler,
    wall,
    ids: randomId,
    leaseMs,
  }
}

/** The locks of pages of one origin: the browser releases them when a page ends, however it ends. */
export const webLocks =
  (manager: Pick<LockManager, 'request'>): Locks =>
  (name) =>
    new Observable((to) => {
      const released$ = new AsyncSubject<void>()
      const lock: Lock = {
        release: () => {
          released$.next()
          released$.complete()
        },
      }
      const granted = (given: unknown): Promise<void> | undefined => {
        to.next(given ? lock : undefined)
        to.complete()
        return given ? firstValueFrom(released$, { defaultValue: undefined }) : undefined
      }
      from(manager.request(`rx-rooms ${name}`, { ifAvailable: true }, granted)).subscribe({
        error: (thrown: unknown) => {
          to.error(thrown)
        },
      })
    })
