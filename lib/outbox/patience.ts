import type { Deadline, Deadlines } from '../core/deadlines.js'

/** Waits for acks. */
export interface Patience {
  /** Something was written: an ack is due in a while. */
  readonly expect: () => void
  /** Something was answered. */
  readonly answered: () => void
  readonly stop: () => void
}

export interface PatienceNeeds {
  readonly deadlines: Deadlines
  readonly ackMs: number
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
  /** Whether anything is in flight. */
  readonly isWaiting: () => boolean
  /** Nothing was answered for `ackMs`; for the second time in a row, and later, with `again`. */
  readonly overdue: (again: boolean) => void
}

/** One deadline for all acks of a link: any answer starts it anew. */
export const patience = ({ deadlines, ackMs, turn, isWaiting, overdue }: PatienceNeeds): Patience => {
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
