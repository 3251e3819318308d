import type { Data, PeerSocket } from '../core/ports.js'
import type { Context } from './context.js'
import type { FairScheduler } from './fair-scheduler.js'
import { fifo, type Fifo } from './fifo.js'
import type { Fatal, Inbound, TimeSlice } from './inbound.js'
import type { Meter } from './meter.js'
import { closeCodes } from './refusal.js'
import type { Worker } from './worker.js'

/** The messages of one socket. A message of a user above its share of the event loop waits for its turn. */
export interface Intake {
  /** To be called in a turn. */
  readonly receive: (data: Data) => void
  /** Reports that the socket and its user are above a rate for so many ms more: the server reads the socket later. */
  readonly slow: (connectionMs: number, userMs: number) => void
  /** Drops waiting messages and resumes reading, because the socket closes. */
  readonly close: () => void
}

export interface IntakeParts {
  readonly context: Context
  readonly socket: PeerSocket
  readonly fairScheduler: FairScheduler
  readonly meter: Pick<Meter, 'owner' | 'hold'>
  readonly inbound: Inbound
  /** Refuses the connection. */
  readonly connection: { readonly fatal: Fatal }
}

/** Longest pause of a connection above its rates, and the debt at which the server ends it, in ms. */
const mostMs = 2_000
const hardMs = 30_000

/** Longest time in which one message is handled before others come, in ms. */
const messageMs = 4

/** A socket without `pause` stays in `reading`. */
type State = 'reading' | 'behind' | 'resting' | 'closed'

export const intake = (parts: IntakeParts): Intake => new SocketIntake(parts)

/** A class, because each connection has one: its instances share their methods. */
class SocketIntake implements Intake, Worker, TimeSlice {
  readonly #context: Context
  readonly #socket: PeerSocket
  readonly #fairScheduler: FairScheduler
  readonly #meter: IntakeParts['meter']
  readonly #inbound: Inbound
  readonly #connection: IntakeParts['connection']
  #waiting: Fifo<Data> | undefined
  #state: State = 'reading'
  #owedMs = 0
  /** Bytes of the message that is handled in part. */
  #unfinished = 0

  constructor({ context, socket, fairScheduler, meter, inbound, connection }: IntakeParts) {
    this.#context = context
    this.#socket = socket
    this.#fairScheduler = fairScheduler
    this.#meter = meter
    this.#inbound = inbound
    this.#connection = connection
  }

  receive(data: Data): void {
    const owner = this.#meter.owner()
    if (this.#state === 'reading' && (!this.#socket.pause || !owner.isHeavy())) {
      this.#context.bill(owner)
      this.#begin(data)
    } else if (this.#state !== 'closed') {
      this.#meter.hold(data.length)
      this.#waiting ??= fifo()
      this.#waiting.put(data)
      if (this.#state !== 'reading') return
      this.#context.count.queued++
      this.#queue()
    }
  }

  /** Reading continues between pauses, because the server has to answer pings. */
  slow(connectionMs: number, userMs: number): void {
    this.#owedMs = Math.max(connectionMs, userMs)
    // The debt of the user may come from its other connections.
    if (connectionMs > hardMs) this.#connection.fatal('server/rate', closeCodes.rate)
    else if (this.#owedMs > 0 && this.#socket.pause && this.#state === 'reading') this.#rest()
  }

  close(): void {
    if (this.#state !== 'reading') this.#socket.resume?.()
    this.#state = 'closed'
    this.#unfinished = 0
    this.#waiting = undefined
  }

  isLate(): boolean {
    return this.#socket.pause !== undefined && this.#context.turnMs() >= messageMs
  }

  hasWork(): boolean {
    return this.#state === 'behind'
  }

  step(): boolean {
    if (!this.hasWork()) return false
    let hasThrown = true
    try {
      this.#advance()
      hasThrown = false
    } finally {
      // The scheduler drops a worker that throws, but the rest of the messages must not wait for ever.
      if (hasThrown) this.#fairScheduler.wake(this, this.#meter.owner())
    }
    return this.hasWork()
  }

  /** Handles a message, or a part of it. */
  #begin(data: Data): void {
    if (this.#inbound.receive(data, this) || this.#state === 'closed') return
    this.#unfinished = data.length
    this.#meter.hold(data.length)
    if (!this.hasWork()) this.#queue()
  }

  #goOn(): void {
    if (!this.#inbound.resume(this)) return
    this.#meter.hold(-this.#unfinished)
    this.#unfinished = 0
  }

  #advance(): void {
    const data = this.#unfinished > 0 ? undefined : this.#waiting?.take()
    if (this.#unfinished > 0) this.#goOn()
    else if (data !== undefined) {
      this.#meter.hold(-data.length)
      this.#begin(data)
    } else if (this.#owedMs > 0) this.#rest()
    else this.#read()
  }

  #queue(): void {
    this.#pause('behind')
    this.#fairScheduler.wake(this, this.#meter.owner())
  }

  #rest(): void {
    this.#context.count.slowed++
    this.#pause('resting')
    this.#context.time.after(Math.min(this.#owedMs, mostMs), () => {
      this.#owedMs = 0
      if (this.#state === 'resting') this.#queue()
    })
  }

  #pause(next: 'behind' | 'resting'): void {
    if (this.#state === 'reading') this.#socket.pause?.()
    this.#state = next
  }

  #read(): void {
    this.#waiting = undefined
    this.#state = 'reading'
    this.#socket.resume?.()
  }
}
