import type { Deadline, Deadlines } from '../core/deadlines.js'

/** Waits for acknowledgements. */
export interface AckTimeout {
  /** A message was written: starts the timeout, unless others are in flight already. */
  readonly expect: () => void
  /** A message was answered: restarts the timeout. */
  readonly answered: () => void
  readonly stop: () => void
}

export interface AckTimeoutNeeds {
  readonly deadlines: Deadlines
  readonly ackMs: number
  /** The messages in flight. */
  readonly inFlight: { readonly size: number }
  /** No answer arrived for `ackMs`; from the second time in a row with `again`. */
  readonly overdue: (again: boolean) => void
}

/**
 * One deadline for all acknowledgements of a link: any answer restarts it. An answer only notes the time, and the
 * deadline that was set before it is extended when it is due: a timer per answer would cost more than the answer.
 */
export const ackTimeout = (needs: AckTimeoutNeeds): AckTimeout => {
  const { now, at } = needs.deadlines
  let deadline: Deadline | undefined
  let since = 0
  let strikes = 0

  const due = (): void => {
    deadline = undefined
    if (needs.inFlight.size === 0) return
    if (since + needs.ackMs <= now()) {
      since = now()
      needs.overdue(strikes++ > 0)
    }
    arm()
  }
  const arm = (): void => {
    deadline ??= at(since + needs.ackMs, due)
  }
  return {
    expect: () => {
      if (needs.inFlight.size === 1) since = now()
      arm()
    },
    answered: () => {
      since = now()
      strikes = 0
    },
    stop: () => {
      deadline?.cancel()
      deadline = undefined
      strikes = 0
    },
  }
}
