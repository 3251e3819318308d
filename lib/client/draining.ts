import type { Deadline } from '../core/deadlines.js'
import { between, type Checks } from '../core/check.js'
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
  drainMs: { expected: 'ms', is: /*#__PURE__*/ between(0, Infinity) },
}

export const nothingLeft: CloseReport = { undelivered: 0, stored: 0, uncommitted: [] }

/** Ends a client in two steps: it stops offering messages, then waits for the work in progress. Call in a turn. */
export interface Draining {
  /** Starts the drain, or shortens the time left. The client closes at its end. */
  readonly begin: (drainMs: number) => void
  /** The work that was left. */
  readonly report: () => CloseReport
}

const remainingOf = ({ kernel }: Parts): readonly Remaining[] =>
  kernel.extensions.flatMap(({ remaining: work }) => work ?? [])

/** The work that a client has not finished. */
export const workLeft = (parts: Parts): CloseReport => {
  const held = parts.outbox.held()
  const stored = held.filter(({ kept }) => kept?.isStored).length
  const uncommitted = remainingOf(parts).flatMap((work) => work.uncommitted())
  return { undelivered: held.length - stored, stored, uncommitted }
}

export const draining = (parts: Parts): Draining => {
  const { kernel, rooms, outbox } = parts
  let report: CloseReport | undefined
  let late: Deadline | undefined

  /**
   * No receipt is expected: the client is offline, and either wants no connection or the store keeps the remaining
   * messages.
   */
  const isHopeless = (): boolean => {
    const { _tag } = kernel.state.value()
    return _tag !== 'Online' && (['Idle', 'Stopped', 'Closed'].includes(_tag) || workLeft(parts).undelivered === 0)
  }
  const finish = (): void => {
    if (report) return
    late?.cancel()
    report = workLeft(parts)
    kernel.send({ _tag: 'Close' })
  }
  const whenAllDone = ([first, ...rest]: readonly Remaining[]): void => {
    if (first)
      first.whenDone(() => {
        whenAllDone(rest)
      })
    else if (isHopeless()) finish()
    else {
      // Now, behind the calls so far, and at the end of each turn: a commit or a receipt may lead to more posts.
      const look = (): void => {
        if (outbox.totals.entries === 0) finish()
      }
      kernel.turns.enter(look)
      kernel.add({ flush: look })
    }
  }

  return {
    report: () => report ?? nothingLeft,
    begin: (drainMs) => {
      if (report) return
      late?.cancel()
      late = kernel.deadlines.after(drainMs, finish)
      if (drainMs === 0) finish()
      else if (rooms.intake.isOpen()) {
        rooms.intake.stop()
        whenAllDone(remainingOf(parts))
      }
    },
  }
}
