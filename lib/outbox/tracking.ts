import { defaultIfEmpty, defer, take } from 'rxjs'
import type { Journal, Posted } from './journal.js'
import type { Message, Waiter } from './message.js'
import type { Outbox } from './model.js'
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
  }
}

/** The clocks of the client, for the age of messages. */
export interface AdoptionClocks {
  readonly now: () => number
  readonly wall: () => number
}

/**
 * Makes the function that takes over messages which an earlier run of this client posted: under their own producer and
 * seq, before new ones. Call it in a turn.
 */
export const adopting = ({
  now,
  wall,
}: AdoptionClocks): ((outbox: Outbox, posted: Posted, waiter: Waiter) => Message) => {
  let adoptions = Number.MIN_SAFE_INTEGER
  return ({ hold, config }, posted, waiter) => {
    const { producer, seq, since, writtenAt, lanes: told } = posted
    return hold(
      { ...posted, isNamed: false },
      producer,
      {
        withinMs: config.ageMs,
        from: since,
        kept: { isStored: true, writtenTo: writtenAt === undefined ? undefined : (told ?? anywhere) },
        seq,
        order: adoptions++,
        since,
        attempts: 0,
        written: writtenAt === undefined ? undefined : { at: writtenAt, on: wall() - (now() - writtenAt), lanes: told },
      },
      waiter,
    )
  }
}
