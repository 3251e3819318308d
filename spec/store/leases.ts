import { EMPTY } from 'rxjs'
import { leased } from '../../lib/store/leased.js'
import type { Store } from '../../lib/store/port.js'
import type { KeyValueBackend } from '../../lib/store/key-value-backend.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'

/** Pages that share a shelf, without locks: each has timers of its own, which stand still while it is frozen. */
export interface Leases {
  /** Of another page each time. */
  readonly store: () => Store
  /** All pages that there are sleep for an hour. */
  readonly freeze: () => void
  readonly pages: readonly VirtualTime[]
}

export const leases = (shelf: KeyValueBackend): Leases => {
  const pages: VirtualTime[] = []
  let now = 1_700_000_000_000
  let holders = 0
  return {
    pages,
    store: () => {
      const scheduler = virtualTime()
      pages.push(scheduler)
      const ids = (): string => `holder-${++holders}`
      return leased({ shelf, locks: undefined, leaving$: EMPTY, scheduler, wall: () => now, ids, leaseMs: 60_000 })
    },
    freeze: () => {
      now += 3_600_000
    },
  }
}
