import { of } from 'rxjs'
import type { Positions } from '../../core/ports.js'
import { type Fault, fault } from '../../kernel/fault.js'

/** Positions without a store, which end with the client. Reports the first room that needs one. */
export const unstoredPositions = (report: (what: Fault) => void): Positions => {
  let isReported = false
  return {
    get: () => undefined,
    hold: (room) => {
      if (!isReported)
        report(fault('StoreFailed', `stored() of ${room} starts live: positions need the options store and identity.`))
      isReported = true
    },
    release: () => undefined,
    moved: () => undefined,
    offered: () => undefined,
    save: () => of(true),
  }
}
