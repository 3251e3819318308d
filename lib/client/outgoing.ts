import type { WebSocketError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import type { AbortSignalLike, WaitOptions } from '../core/wait.js'
import type { Receipt } from '../outbox/entry.js'

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
  /** Withdraws the message if it was not written yet: `Left(delivery/aborted)` with `executed: 'no'`, else `'unknown'`. */
  readonly signal?: AbortSignalLike | undefined
  /** Time to try, in milliseconds; then `Left(delivery/timeout)`. Default: `outbox.ageMs`, 5 minutes. */
  readonly withinMs?: number | undefined
}

/** A message in flight: a stream of its one result, with the message's id from the call on. */
export type Outgoing = ResultStream<Receipt> & {
  /** The id in `client.outbox$`, in the receipt, and in the echoed message. */
  readonly id: string
}

/** An undelivered message without a caller to report to. */
export interface Undelivered {
  readonly room: string
  readonly event: string
  readonly id: string
  readonly error: WebSocketError
}
