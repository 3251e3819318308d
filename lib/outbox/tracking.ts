import { defaultIfEmpty, defer, take } from 'rxjs'
import type { Journal, Posted } from './journal.js'
import type { Message } from './message.js'
import type { PersistenceTracker, TrackedLink } from './tracker.js'

/** No known `lanes` id: the message may have been written to any server. */
const anywhere = ''

export interface TrackingNeeds {
  readonly now: () => number
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** Makes the tracker of an outbox whose posted messages a journal keeps. */
export const tracking = (journal: Journal, { now, turn }: TrackingNeeds): PersistenceTracker => {
  const put = (message: Message, link: TrackedLink | undefined): void => {
    const { id, room, event, text, bytes, isPosted, term, lane, seq, since, written } = message
    const kept = (message.kept ??= { isStored: false, writtenTo: undefined })
    const writtenTo = link && (written === undefined ? (link.lanes ?? anywhere) : anywhere)
    const posted: Posted = {
      id,
      room,
      event,
      text,
      bytes,
      isPosted,
      term,
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
    defer(() => journal.put(posted))
      .pipe(take(1), defaultIfEmpty('failed' as const))
      .subscribe({ next: answered, error: failed })
  }
  return {
    keep: (message, link) => {
      if (message.isPosted) put(message, link)
    },
    isReady: ({ kept }, { lanes }) =>
      !kept || (kept.writtenTo !== undefined && (kept.writtenTo === anywhere || kept.writtenTo === lanes)),
    forget: ({ kept, lane, id, room, seq }) => {
      if (kept) journal.remove({ id, room, producer: lane.producer, seq })
    },
    adopted: ({ writtenAt, lanes }) => ({
      isStored: true,
      writtenTo: writtenAt === undefined ? undefined : (lanes ?? anywhere),
    }),
  }
}
