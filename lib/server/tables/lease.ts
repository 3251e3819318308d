import * as E from '#fp/Either'
import { backoff, defaultBackoff } from '../../core/backoff.js'
import type { Cancel, Context } from '../context.js'
import type { Tables } from './model.js'

/** The lease of this server: the rows of its members end with it. */
export interface NodeLease {
  readonly name: () => string
  /** Takes the lease if this server has none. */
  readonly hold: () => void
  readonly isHeld: () => boolean
  readonly close: () => void
}

export interface LeaseNeeds {
  /** True while the lease is to be renewed. */
  readonly isNeeded: () => boolean
  /** The lease is new, or was lost meanwhile: the rows of this server may be gone. */
  readonly granted: () => void
}

/** A lease is renewed after this part of its time. */
const share = 1 / 3
/** A renewal that failed is tried again within this part of it: an engine that answers again before the end keeps the lease. */
const pause = 1 / 12

/** Makes the lease of this server. It is renewed while it is needed, and then ends by itself. */
export const nodeLease = (context: Context, tables: Tables, { isNeeded, granted }: LeaseNeeds): NodeLease => {
  const { time, settings } = context
  const { leaseMs } = settings.presence
  let name = ''
  let state: 'none' | 'asked' | 'held' = 'none'
  let failures = 0
  let next: Cancel | undefined
  let isClosed = false

  const later = (ms: number): void => {
    next = time.after(ms, () => {
      if (isNeeded()) renew()
      else state = 'none'
    }).cancel
  }
  const renew = (): void => {
    if (state === 'none') state = 'asked'
    name ||= settings.ids()
    context.engine(
      () => tables.lease(name, leaseMs),
      (answer) => {
        if (isClosed) return
        if (E.isLeft(answer)) {
          context.fault({ where: 'engine', message: answer.left })
          later(Math.min(leaseMs * pause, backoff(defaultBackoff, failures++, settings.random())))
          return
        }
        failures = 0
        const wasHeld = state === 'held' && answer.right
        state = 'held'
        later(leaseMs * share)
        if (!wasHeld) granted()
      },
    )
  }
  return {
    name: () => name,
    hold: () => {
      if (state === 'none' && !isClosed) renew()
    },
    isHeld: () => state === 'held',
    close: () => {
      isClosed = true
      next?.()
    },
  }
}
