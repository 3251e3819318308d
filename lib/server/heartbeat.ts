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

/** The connection of a heartbeat. */
export interface Mortal {
  readonly die: (death: Death) => void
}

/**
 * A connection is silent when nothing arrived for `intervalMs + graceMs`, and stalled when the network took no byte of
 * the waiting output for `stallMs`. Each connection has one deadline, rescheduled when it is due; frames only record
 * the time.
 */
export const heartbeat = (context: Context, writer: Writer, connection: Mortal): Heartbeat =>
  new Pulse(context, writer, connection)

/** A class, because each connection has one: its instances share their methods. */
class Pulse implements Heartbeat {
  readonly #context: Context
  readonly #writer: Writer
  readonly #connection: Mortal
  #heardAt: number
  #pingAt: number
  #movedAt: number
  #n = 0
  #next: Deadline

  constructor(context: Context, writer: Writer, connection: Mortal) {
    this.#context = context
    this.#writer = writer
    this.#connection = connection
    this.#heardAt = this.#movedAt = context.now()
    this.#pingAt = this.#heardAt + context.settings.heartbeat.intervalMs
    this.#next = this.#armed()
  }

  heard(): void {
    this.#heardAt = this.#context.now()
  }

  ping(): number {
    this.#writer.control({ t: 'ping', n: ++this.#n })
    return this.#n
  }

  stop(): void {
    this.#next.cancel()
  }

  /** Returns the time at which the client counts as silent. */
  #silentAt(): number {
    const { intervalMs, graceMs } = this.#context.settings.heartbeat
    return this.#heardAt + intervalMs + graceMs
  }

  #armed(): Deadline {
    const due = Math.min(this.#pingAt, this.#silentAt())
    return this.#context.time.at(due, () => {
      this.#beat(due)
    })
  }

  #beat(due: number): void {
    const { now, settings } = this.#context
    const { intervalMs } = settings.heartbeat
    const at = now()
    const isLate = at - due > oversleptMs
    if (isLate) this.#heardAt = Math.max(this.#heardAt, at - intervalMs)
    if (this.#writer.hasMoved() || isLate) this.#movedAt = at
    if (at >= this.#silentAt()) {
      this.#connection.die('silent')
      return
    }
    if (at - this.#movedAt >= settings.stallMs) {
      this.#connection.die('stalled')
      return
    }
    if (at >= this.#pingAt || isLate) {
      this.ping()
      this.#pingAt = at + intervalMs
    }
    this.#next = this.#armed()
  }
}
