import type { Deadline, Deadlines } from '../core/deadlines.js'

/** Waits for acknowledgements. */
export interface AckTimeout {
  /** A message was written: starts the timeout. */
  readonly expect: () => void
  /** A message was answered: restarts the timeout. */
  readonly answered: () => void
  readonly stop: () => void
}

export interface AckTimeoutNeeds {
  readonly deadlines: Deadlines
  readonly ackMs: number
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
  /** True if any message is in flight. */
  readonly isWaiting: () => boolean
  /** No answer arrived for `ackMs`; from the second time in a row with `again`. */
  readonly overdue: (again: boolean) => void
}

/** One deadline for all acknowledgements of a link: any answer restarts it. */
export const ackTimeout = ({ deadlines, ackMs, turn, isWaiting, overdue }: AckTimeoutNeeds): AckTimeout => {
  let deadline: Deadline | undefined
  let strikes = 0

  const expect = (): void => {
    deadline ??= deadlines.after(ackMs, () => {
      turn(() => {
        deadline = undefined
        if (!isWaiting()) return
        overdue(strikes++ > 0)
        expect()
      })
    })
  }
  const stop = (): void => {
    deadline?.cancel()
    deadline = undefined
    strikes = 0
  }
  return {
    expect,
    answered: () => {
      stop()
      if (isWaiting()) expect()
    },
    stop,
  }
}
