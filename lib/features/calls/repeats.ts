import { of, Subscription } from 'rxjs'
import type { Retries } from '../../core/retries.js'
import { unhandled } from '../../core/stream.js'
import type { Pending } from './pending.js'

/** The calls that were written on an earlier link, until they are answered. Call in a turn. */
export interface Repeats {
  readonly add: (pending: Pending) => void
  readonly forget: (pending: Pending) => void
  /** A call was answered, for the first time or after a repetition. */
  readonly answered: (pending: Pending) => void
  readonly all: () => readonly Pending[]
  readonly up: () => void
  readonly down: () => void
}

/** The calls that are written now. */
interface Written {
  readonly add: (pending: Pending) => void
  readonly delete: (pending: Pending) => void
}

/** Adds each call to those that are written now, as the budget permits its repetition on the present link. */
export const repeats = (retries: Retries, written: Written): Repeats => {
  const permits = new Map<Pending, Subscription>()
  const end = (pending: Pending): void => {
    permits.get(pending)?.unsubscribe()
  }
  return {
    add: (pending) => {
      permits.set(pending, Subscription.EMPTY)
    },
    forget: (pending) => {
      end(pending)
      permits.delete(pending)
    },
    answered: (pending) => {
      retries.succeeded(permits.delete(pending))
    },
    all: () => [...permits.keys()],
    up: () => {
      for (const pending of permits.keys()) {
        const next = (): void => {
          written.add(pending)
        }
        permits.set(pending, retries.permitted(of(undefined)).subscribe({ next, error: unhandled }))
      }
    },
    down: () => {
      for (const pending of permits.keys()) {
        end(pending)
        written.delete(pending)
      }
    },
  }
}
