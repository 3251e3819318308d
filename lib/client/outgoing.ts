import type { WebSocketError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import type { Receipt } from '../outbox/entry.js'

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
