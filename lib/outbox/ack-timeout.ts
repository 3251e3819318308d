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
  readonly now: () => number
  readonly ackMs: number
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
  /** The number of messages in flight. */
  readonly inFlight: () => number
  /** No answer arrived for `ackMs`; from the second time in a row with `again`. */
  readonly overdue: (again: boolean) => void
}

/**
 * One deadline for all acknowledgements of a link: any answer restarts it. An answer only notes the time, and the
 * deadline that was set before it is extended when it is due: a timer per answer would cost more than the answer.
 */
export const ackTimeout = ({ deadlines, now, ackMs, turn, inFlight, overdue }: AckTimeoutNeeds): AckTimeout => {
  let deadline: Deadline | undefined
  let since = 0
  let strikes = 0

  const due = (): void => {
    deadline = undefined
    if (inFlight() === 0) return
    if (since + ackMs <= now()) {
      since = now()
      overdue(strikes++ > 0)
    }
    arm()
  }
  const arm = (): void => {
    deadline ??= deadlines.at(since + ackMs, () => {
      turn(due)
    })
  }
  return {
    expect: () => {
      if (inFlight() === 1) since = now()
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
