import { defaultIfEmpty, defer, type Observable, take } from 'rxjs'
import type { Held, Kept, OutgoingMessage } from './message.js'

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

/** Tracks stored messages, and allows their writes. Call in a turn. */
export interface PersistenceTracker {
  /** Stores a queued message, if it was posted; with a link, as one that may be written there from now on. */
  readonly keep: (held: Held, link?: Link) => void
  /** True if the journal allows a write of the message on this link. */
  readonly isReady: (held: Held, link: Link) => boolean
  readonly forget: (held: Held) => void
}

/** A link, identified by its server's `lanes` id. */
interface Link {
  readonly lanes?: string
}

interface TrackerNeeds {
  readonly journal: Journal | undefined
  readonly now: () => number
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** No known `lanes` id: the message may have been written to any server. */
const anywhere = ''

export const persistenceTracker = ({ journal, now, turn }: TrackerNeeds): PersistenceTracker => {
  const put = (to: Journal, held: Held, link: Link | undefined): void => {
    const { message, text, lane } = held
    const { id, room, event, bytes, isPosted, seq, since, written } = message
    const kept = (held.kept ??= { isStored: false, writtenTo: undefined })
    const writtenTo = link && (written === undefined ? (link.lanes ?? anywhere) : anywhere)
    const posted: Posted = {
      id,
      room,
      event,
      text,
      bytes,
      isPosted,
      producer: lane.producer,
      seq,
      since,
      writtenAt: written?.at ?? (link && now()),
      lanes: writtenTo === anywhere ? undefined : writtenTo,
    }
    const answered = (answer: 'stored' | 'failed'): void => {
      turn(() => {
        if (answer === 'stored') kept.isStored = true
        kept.writtenTo = answer === 'stored' ? (writtenTo ?? kept.writtenTo) : anywhere
      })
    }
    const failed = (): void => {
      answered('failed')
    }
    defer(() => to.put(posted))
      .pipe(take(1), defaultIfEmpty('failed' as const))
      .subscribe({ next: answered, error: failed })
  }
  return {
    keep: (held, link) => {
      if (journal && held.message.isPosted) put(journal, held, link)
    },
    isReady: ({ kept }, { lanes }) =>
      !kept || (kept.writtenTo !== undefined && (kept.writtenTo === anywhere || kept.writtenTo === lanes)),
    forget: ({ kept, lane, message: { id, room, seq } }) => {
      if (kept) journal?.remove({ id, room, producer: lane.producer, seq })
    },
  }
}

/** The journal state of a message from an earlier run. */
export const keptOf = ({ writtenAt, lanes }: Posted): Kept => ({
  isStored: true,
  writtenTo: writtenAt === undefined ? undefined : (lanes ?? anywhere),
})
