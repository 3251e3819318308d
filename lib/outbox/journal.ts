import type { Observable } from 'rxjs'
import type { OutgoingMessage } from './message.js'

/** A posted message in the form that a journal keeps, so that a later run of the client can go on with it. */
export interface Posted extends Omit<OutgoingMessage, 'key' | 'isNamed'> {
  /** Its lane and its place there. */
  readonly producer: string
  readonly seq: number
  /** The time at which it was given, on the scheduler's clock; the client tries it for `outbox.ageMs` from then on. */
  readonly since: number
  /** Earliest time of a write, on the scheduler's clock; `undefined`: it was not written. */
  readonly writtenAt: number | undefined
  /** The `lanes` id shared by every server it was written to; `undefined` if unknown. */
  readonly lanes: string | undefined
}

/**
 * Keeps posted messages beyond the life of a client. The client writes a message to the server only once the journal
 * keeps it as possibly written, and removes it once it is settled: stored, written, acknowledged, deleted.
 */
export interface Journal {
  /**
   * Keeps a message or an update of it; the latest put counts. Answers once: `stored`, or `failed`: then the client
   * sends the message all the same. Answers may arrive at once, late and in any order.
   */
  readonly put: (posted: Posted) => Observable<'stored' | 'failed'>
  /** Removes a settled message, and cancels an earlier put of it. */
  readonly remove: (posted: Pick<Posted, 'id' | 'room' | 'producer' | 'seq'>) => void
}
