import { map, type Observable } from 'rxjs'
import type { Journal } from '../outbox/journal.js'
import { observer } from '../store/calls.js'
import type { Change } from '../store/port.js'
import { type Clocks, nextRank, postKey, postRecord, type Ranks } from './records.js'

/** The journal of posts, in a partition. */
export interface PostJournal extends Journal {
  /** Continues the ranks of the posts found in the partition. */
  readonly load: (found: Ranks) => void
  /**
   * True while an unsettled post could not be stored: until then the positions of messages that may have led to it are
   * not stored, so that after a kill those messages are offered again.
   */
  readonly isIncomplete: () => boolean
}

export interface PostJournalNeeds {
  readonly clocks: Clocks
  /** Stores a change, which is made once the partition is open. Emits once: true if it is stored. */
  readonly write: (change: () => Change) => Observable<boolean>
  /** True once nothing is stored any more: a post that fails from then on does not make the journal incomplete. */
  readonly isOver: () => boolean
  /** The journal is no longer incomplete. */
  readonly completed: () => void
}

export const postJournal = ({ clocks, write, isOver, completed }: PostJournalNeeds): PostJournal => {
  /** The ranks of posts stored or about to be, once the store is open. */
  let ranks = new Map<string, number | undefined>()
  let next = 0
  /** Keys of unsettled posts that could not be stored. */
  const unkept = new Set<string>()

  const rankOf = (key: string): number | undefined => {
    if (!ranks.has(key)) ranks.set(key, next++)
    return ranks.get(key)
  }
  const settled = (key: string): void => {
    if (unkept.delete(key) && unkept.size === 0) completed()
  }

  return {
    load: (found) => {
      ranks = new Map(found)
      next = nextRank(ranks)
    },
    isIncomplete: () => unkept.size > 0,
    put: (posted) => {
      const key = postKey(posted)
      return write(() => postRecord(posted, clocks, rankOf(key))).pipe(
        map((isSafe) => {
          if (isSafe) settled(key)
          else if (!isOver()) unkept.add(key)
          return isSafe ? 'stored' : 'failed'
        }),
      )
    },
    remove: (posted) => {
      const key = postKey(posted)
      write(() => {
        ranks.delete(key)
        return { key }
      }).subscribe(observer(() => undefined))
      settled(key)
    },
  }
}
