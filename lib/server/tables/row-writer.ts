import * as E from '#fp/Either'
import { backoff, defaultBackoff } from '../../core/backoff.js'
import type { Cancel, Context } from '../context.js'
import type { TableId, Tables, Write, WriteOutcome } from './model.js'

/** Writes rows of one table that are of one concern: one write at a time, and always the latest one. */
export interface RowWriter {
  /** Asks for a write. It waits for the end of the one under way, and for the pause after it. */
  readonly due: () => void
  /** Writes what waits, if there is anything. */
  readonly pump: () => void
  readonly stop: () => void
}

export interface RowWriterNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly id: TableId
  /** Returns false while nothing may be written. */
  readonly isReady: () => boolean
  /** Returns true for a write that waits for the pause. */
  readonly isPaused: () => boolean
  /**
   * Returns the latest writes, and what to do with their outcomes, which may ask for another write; `undefined`: nothing is
   * left to write.
   */
  readonly next: () =>
    | {
        readonly writes: readonly Write[]
        readonly settle: (outcomes: readonly WriteOutcome[]) => 'again' | undefined
      }
    | undefined
  /** The write failed, and is tried again. */
  readonly failed: () => void
  /** A write of the row is under way from now on, and no longer: also after `stop`. */
  readonly began?: () => void
  readonly finished?: () => void
}

/** The least time between two writes, in ms: what is set in between is left out. */
const pauseMs = 100

export const rowWriter = (needs: RowWriterNeeds): RowWriter => {
  const { context, tables, id, isReady, isPaused, next, failed, began, finished } = needs
  const { time, now, settings } = context
  let isDue = false
  let isWriting = false
  let isStopped = false
  let readyAt = -Infinity
  let failures = 0
  let pausing: Cancel | undefined

  const pause = (ms: number): void => {
    pausing = time.after(ms, () => {
      pausing = undefined
      pump()
    }).cancel
  }
  const pump = (): void => {
    if (!isDue || isWriting || isStopped || pausing || !isReady()) return
    const waitMs = readyAt - now()
    if (waitMs > 0 && isPaused()) {
      pause(waitMs)
      return
    }
    const wish = next()
    if (!wish) return
    isDue = false
    isWriting = true
    began?.()
    context.engine(
      () => tables.write(id, wish.writes),
      (result) => {
        isWriting = false
        readyAt = now() + pauseMs
        if (isStopped) finished?.()
        else if (E.isLeft(result)) {
          context.fault({ where: 'engine', message: result.left, room: id.room })
          failed()
          isDue = true
          pause(backoff(defaultBackoff, failures++, settings.random()))
          finished?.()
        } else {
          failures = 0
          if (wish.settle(result.right)) isDue = true
          finished?.()
          pump()
        }
      },
    )
  }
  return {
    due: () => {
      isDue = true
      pump()
    },
    pump,
    stop: () => {
      isStopped = true
      pausing?.()
    },
  }
}
