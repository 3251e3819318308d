import type { Observer, Subscriber, Subscription } from 'rxjs'
import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { type Report, Stream } from '../core/stream.js'
import type { AbortSignalLike, WaitOptions } from '../core/wait.js'
import type { Receipt, Waiter } from '../outbox/message.js'

/** Options of `send` and `post`. All are optional. */
export interface SendOptions extends WaitOptions {
  /**
   * The message's id, 1 to 64 bytes; default: a new one. An id names one message of its room. A second call with the id
   * of a waiting or answered message of this client is the same message: it gets the same receipt, and a failed one is
   * queued again in its place, which the server executes once. So a retry is
   * `defer(() => room.send(event, data, { id }))`. Another payload under the same id is `Left(delivery/id-reused)`.
   *
   * The client remembers the latest `outbox.entries` answered ids. The server does not compare ids: it logs again a
   * message that another client sends under the same id, or this one after a restart, and readers see the same
   * `message.id`.
   */
  readonly id?: string | undefined
  /**
   * The term of a leader, of `rx-rooms/leader`: the server takes the message only while the room's present leader has this
   * term, and otherwise refuses it with `room/term`. Default: no condition.
   */
  readonly term?: number | undefined
  /** Withdraws the message if it was not written yet: `Left(delivery/aborted)` with `executed: 'no'`, else `'unknown'`. */
  readonly signal?: AbortSignalLike | undefined
  /** Time to try, in milliseconds; then `Left(delivery/timeout)`. Default: `outbox.ageMs`, 5 minutes. */
  readonly withinMs?: number | undefined
}

/** A message in flight: a stream of its one result, with the message's id from the call on. */
export type Outgoing = ResultStream<Receipt> & {
  /** The id in `outbox$` of `rx-rooms/observe`, in the receipt, and in the echoed message. */
  readonly id: string
}

/** An undelivered message without a caller to report to. */
export interface Undelivered {
  readonly room: string
  readonly event: string
  readonly id: string
  readonly error: WebSocketError
}

type To = Subscriber<Result<Receipt>>

const nobody: readonly To[] = []

/** The call of a `send` or `post`: waits for the result of its message, emits it once, and to later subscribers again. */
export class Call extends Stream<Result<Receipt>> implements Waiter {
  readonly id: string
  /** Called with the error of a failure, before subscribers. */
  onFailure: ((because: WebSocketError) => void) | undefined
  /** Ends the watch of the call's limits. */
  stop: (() => void) | undefined
  private result: Result<Receipt> | undefined
  private subscribers: readonly To[] = nobody

  constructor(report: Report, id: string) {
    super(report)
    this.id = id
  }

  get isSettled(): boolean {
    return this.result !== undefined
  }

  settled(result: Result<Receipt>): void {
    if (this.result) return
    if (E.isLeft(result)) this.onFailure?.(result.left)
    this.end(result)
  }

  /** Answers the caller alone. */
  end(result: Result<Receipt>): void {
    if (this.result) return
    this.result = result
    this.stop?.()
    const told = this.subscribers
    this.subscribers = nobody
    for (const to of told) {
      to.next(result)
      to.complete()
    }
  }

  override subscribe(
    to?: Partial<Observer<Result<Receipt>>> | ((value: Result<Receipt>) => void) | null,
    error?: ((thrown: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    const subscriber = this.subscriberOf(to, error, complete)
    if (this.result) {
      subscriber.next(this.result)
      subscriber.complete()
    }
    // Most calls have one subscriber. Those that have left are dropped when another comes.
    else if (this.subscribers.length === 0) this.subscribers = [subscriber]
    else this.subscribers = [...this.subscribers.filter(({ closed }) => !closed), subscriber]
    return subscriber
  }
}
