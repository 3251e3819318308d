import { AsyncSubject, EMPTY, firstValueFrom, from, fromEvent, Observable, type SchedulerLike } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { randomId } from '../core/ids.js'
import { monotonic, wall } from '../core/platform.js'
import type { LeaseNeeds, PageMemory } from './leased.js'
import type { Owner } from './port.js'
import type { Lock, Locks, Shelf } from './shelf.js'

/** Where the leases of a browser's stores differ. */
export interface LeaseOptions {
  /**
   * How long a page without Web Locks (one that was not loaded over HTTPS) may be frozen before another takes over what it
   * holds, in ms. Default 60 000.
   */
  readonly leaseMs?: number | undefined
  /** All time. Default: the platform's timers with a clock that never jumps. */
  readonly scheduler?: SchedulerLike | undefined
}

interface Platform {
  readonly navigator?: { readonly locks?: LockManager }
  readonly document?: unknown
}

/** Leases as good as this platform has them; `space` names the storage that they are about. */
export const platformLeases = (
  shelf: Shelf,
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
    wall,
    ids: randomId,
    leaseMs,
  }
}

const keyOf = ({ url, user }: Owner): string => `rx-rooms:page ${JSON.stringify([url, user])}`

/** A tab keeps its session storage when its page is loaded anew. A copy of the tab has it too: that the lease tells apart. */
const page: PageMemory = {
  recall: (owner) => {
    const found = guard(() => sessionStorage.getItem(keyOf(owner)) ?? undefined)
    return E.isRight(found) ? found.right : undefined
  },
  note: (scope) => void guard(() => sessionStorage.setItem(keyOf(scope), scope.instance)),
}

/** The locks of pages of one origin: the browser releases them when a page ends, however it ends. */
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
