import { Observable, type Subscriber } from 'rxjs'
import type { Journal, Posted } from '../../lib/outbox/journal.js'

/** A journal whose answers the spec gives. */
export interface PlayedJournal extends Journal {
  /** What was asked of it since the last call: `put a`, `put a written`, `put a written to L`, `remove a`. */
  readonly asked: () => readonly string[]
  /** Answers what was put first and has no answer yet. */
  readonly answer: (with_?: 'stored' | 'failed') => void
  /** What it would give to a later life. */
  readonly kept: () => readonly Posted[]
}

export const playedJournal = (): PlayedJournal => {
  const waiting: (() => Subscriber<'stored' | 'failed'>)[] = []
  const records = new Map<string, Posted>()
  let asked: string[] = []
  let answering: 'stored' | 'failed' = 'stored'

  return {
    put: (posted) =>
      new Observable((to) => {
        const { id, writtenAt, lanes } = posted
        asked.push(`put ${id}${writtenAt === undefined ? '' : ` written${lanes === undefined ? '' : ` to ${lanes}`}`}`)
        waiting.push(() => {
          if (answering === 'stored') records.set(id, posted)
          return to
        })
      }),
    remove: ({ id }) => {
      asked.push(`remove ${id}`)
      records.delete(id)
    },
    asked: () => {
      const all = asked
      asked = []
      return all
    },
    answer: (with_ = 'stored') => {
      answering = with_
      const to = waiting.shift()?.()
      to?.next(with_)
      to?.complete()
    },
    kept: () => [...records.values()],
  }
}
