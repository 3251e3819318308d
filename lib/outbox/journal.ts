import { defaultIfEmpty, defer, type Observable, take } from 'rxjs'
import type { Entry, Kept, Letter } from './entry.js'

/** A posted message as a journal keeps it, so that a later life of the client can go on with it. */
export interface Posted extends Omit<Letter, 'key'> {
  /** Whose lane it is in, and where. */
  readonly producer: string
  readonly seq: number
  /** When it was given, on the scheduler's clock; it is tried for `outbox.ageMs` from then on. */
  readonly since: number
  /** From when on it may have been written, on the scheduler's clock; `undefined`: it was not. */
  readonly writtenAt: number | undefined
  /** What every server that it was written to called its memory of lanes; `undefined` if nobody can tell. */
  readonly lanes: string | undefined
}

/**
 * Keeps posted messages beyond the life of a client. A message is written to the server only once it is kept as one that
 * may have been written, and removed once it is settled: stored, written, acknowledged, deleted.
 */
export interface Journal {
  /**
   * Keeps a message, or what is new about it: what is put later counts. Answers once, when it is safe, or `failed`: then the
   * message is sent all the same. Answers may come at once, late and in any order.
   */
  readonly put: (posted: Posted) => Observable<'stored' | 'failed'>
  /** Forgets a message, or that it was ever put: it is settled. */
  readonly remove: (posted: Pick<Posted, 'id' | 'room' | 'producer' | 'seq'>) => void
}

/** What is kept, and what may be written because of it. To be called in a turn. */
export interface Keeping {
  /** Keeps a message that is queued, if it was posted; with a link, as one that may be written there from now on. */
  readonly keep: (entry: Entry, link?: Link) => void
  /** Whether it may be written on this link, as far as that goes. */
  readonly isReady: (entry: Entry, link: Link) => boolean
  readonly forget: (entry: Entry) => void
}

/** A link, by what its server calls its memory of lanes. */
interface Link {
  readonly lanes?: string
}

interface KeepingNeeds {
  readonly journal: Journal | undefined
  readonly now: () => number
  /** Runs in a turn. */
  readonly turn: (task: () => void) => void
}

/** Lanes that nobody can tell: it may have been written to any server. */
const anywhere = ''

export const keeping = ({ journal, now, turn }: KeepingNeeds): Keeping => {
  const put = (to: Journal, entry: Entry, producer: string, link: Link | undefined): void => {
    const { id, room, event, text, bytes, isPosted, seq, since, writtenAt } = entry
    const kept = (entry.kept ??= { isStored: false, writtenTo: undefined })
    const writtenTo = link && (writtenAt === undefined ? (link.lanes ?? anywhere) : anywhere)
    const posted: Posted = {
      id, room, event, text, bytes, isPosted, producer, seq, since,
      writtenAt: writtenAt ?? (link && now()),
      lanes: writtenTo === anywhere ? undefined : writtenTo,
    } // prettier-ignore
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
    keep: (entry, link) => {
      if (journal && entry.lane && entry.isPosted) put(journal, entry, entry.lane.producer, link)
    },
    isReady: ({ kept }, { lanes }) =>
      !kept || (kept.writtenTo !== undefined && (kept.writtenTo === anywhere || kept.writtenTo === lanes)),
    forget: ({ id, room, lane, seq, kept }) => {
      if (kept && lane) journal?.remove({ id, room, producer: lane.producer, seq })
    },
  }
}

/** What was kept in an earlier life, as it is known here. */
export const keptOf = ({ writtenAt, lanes }: Posted): Kept => ({
  isStored: true,
  writtenTo: writtenAt === undefined ? undefined : (lanes ?? anywhere),
})
