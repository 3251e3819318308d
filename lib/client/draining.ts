import type { Deadline } from '../core/deadlines.js'
import type { Checks } from '../core/check.js'
import { waitChecks, type WaitOptions } from '../core/wait.js'
import type { Remaining, Uncommitted } from '../kernel/extension.js'
import type { Parts } from './parts.js'

/** The work left over when a client was closed. */
export interface CloseReport {
  /** Messages settled with `Left`, since they had no receipt. */
  readonly undelivered: number
  /** Posted messages without a receipt that the store keeps; the next run sends them. */
  readonly stored: number
  /** Offered messages that were not committed: with `stored()` the next run offers them again. */
  readonly uncommitted: readonly Uncommitted[]
}

/** Options of `close`. All are optional. */
export interface CloseOptions extends WaitOptions {
  /**
   * Time to wait, in ms, until offered messages are committed and sent ones acknowledged. Default 5 000; `Infinity` is
   * no limit.
   */
  readonly drainMs?: number | undefined
}

export const closeChecks: Checks<keyof CloseOptions> = {
  ...waitChecks,
  drainMs: { expected: 'ms', is: (ms) => typeof ms === 'number' && ms >= 0 },
}

export const defaultDrainMs = 5_000

export const nothingLeft: CloseReport = { undelivered: 0, stored: 0, uncommitted: [] }

/** Ends a client in two steps: it stops offering messages, then waits for the work in progress. */
export interface Draining {
  /** Starts the drain, or shortens the time left. Calls `end` once, with the remaining work. Call in a turn. */
  readonly begin: (drainMs: number, end: (report: CloseReport) => void) => void
}

export const draining = ({ kernel, rooms, outbox }: Parts): Draining => {
  const { state, deadlines, turns, extensions } = kernel
  let progress: 'open' | 'draining' | 'over' = 'open'
  let late: Deadline | undefined

  const remaining = (): readonly Remaining[] => extensions.flatMap(({ remaining: work }) => (work ? [work] : []))
  const report = (): CloseReport => {
    const left = outbox.held()
    const stored = left.filter(({ kept }) => kept?.isStored === true).length
    return { undelivered: left.length - stored, stored, uncommitted: remaining().flatMap((work) => work.uncommitted()) }
  }
  /**
   * No receipt is expected: the client is offline, and either wants no connection or the store keeps the remaining
   * messages.
   */
  const isHopeless = (): boolean => {
    const { _tag } = state.value()
    if (_tag === 'Online') return false
    if (_tag === 'Idle' || _tag === 'Stopped' || _tag === 'Closed') return true
    return report().undelivered === 0
  }

  return {
    begin: (drainMs, end) => {
      const finish = (): void => {
        if (progress === 'over') return
        progress = 'over'
        late?.cancel()
        end(report())
      }
      if (progress === 'over') return
      late?.cancel()
      if (drainMs < Infinity) late = deadlines.after(drainMs, () => { turns.enter(finish) })
      if (!(drainMs > 0)) finish()
      else if (progress === 'open') {
        progress = 'draining'
        rooms.intake.stop()
        whenAllDone(remaining(), () => {
          if (isHopeless()) finish()
          else outbox.whenEmpty(() => {
            // A commit or a receipt may lead to more posts; the drain waits for those too.
            turns.enter(() => { if (outbox.totals.entries === 0) finish() })
          })
        })
      }
    },
  }
} // prettier-ignore

/** Calls back once all work is done, one part after the other. */
const whenAllDone = ([first, ...rest]: readonly Remaining[], then: () => void): void => {
  if (!first) then()
  else
    first.whenDone(() => {
      whenAllDone(rest, then)
    })
}
