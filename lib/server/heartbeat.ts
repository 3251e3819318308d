import type { Deadline } from '../core/deadlines.js'
import type { Context } from './context.js'
import type { Writer } from './writer.js'

/** Pings one connection and detects its death. */
export interface Heartbeat {
  /** Records that a frame arrived from the client. */
  readonly heard: () => void
  /** Pings now. Returns the number that the pong will carry. */
  readonly ping: () => number
  readonly stop: () => void
}

/** The reason for ending a connection. */
export type Death = 'silent' | 'stalled'

/** Maximum lateness of a timer, in ms; a later timer measured nothing, because the machine slept. */
const oversleptMs = 2_000

/**
 * A connection is silent when nothing arrived for `intervalMs + graceMs`, and stalled when the network took no byte of
 * the waiting output for `stallMs`. Each connection has one deadline, rescheduled when it is due; frames only record
 * the time.
 */
export const heartbeat = (context: Context, writer: Writer, dead: (death: Death) => void): Heartbeat => {
  const { time, now, settings } = context
  const { intervalMs, graceMs } = settings.heartbeat
  let heardAt = now()
  let pingAt = heardAt + intervalMs
  let movedAt = heardAt
  let n = 0
  let next: Deadline | undefined

  const ping = (): number => {
    writer.control({ t: 'ping', n: ++n })
    return n
  }
  const arm = (): void => {
    const due = Math.min(pingAt, heardAt + intervalMs + graceMs)
    next = time.at(due, () => {
      beat(due)
    })
  }
  const beat = (due: number): void => {
    const at = now()
    const isLate = at - due > oversleptMs
    if (isLate) heardAt = Math.max(heardAt, at - intervalMs)
    if (writer.hasMoved() || isLate) movedAt = at
    if (at >= heardAt + intervalMs + graceMs) {
      dead('silent')
      return
    }
    if (at - movedAt >= settings.stallMs) {
      dead('stalled')
      return
    }
    if (at >= pingAt || isLate) {
      ping()
      pingAt = at + intervalMs
    }
    arm()
  }
  arm()

  return {
    heard: () => {
      heardAt = now()
    },
    ping,
    stop: () => {
      next?.cancel()
    },
  }
}
