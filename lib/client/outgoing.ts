import type { WebSocketError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import type { Receipt } from '../outbox/entry.js'

/** A message on its way: a stream of its one result that knows the message's id from the call on. */
export type Outgoing = ResultStream<Receipt> & {
  /** The same as in `client.outbox$`, in the receipt, and in the message when it comes back. */
  readonly id: string
}

/** A message that was not delivered and has no caller who would be told. */
export interface Undelivered {
  readonly room: string
  readonly event: string
  readonly id: string
  readonly error: WebSocketError
}
