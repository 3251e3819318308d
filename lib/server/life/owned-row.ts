import type { Context } from '../context.js'
import type { NodeLease } from '../tables/lease.js'
import type { Put, Tables, Write } from '../tables/model.js'
import { rowWriter } from '../tables/row-writer.js'

/** A row that this server holds with its lease while it is wanted, and drops afterwards. */
export interface OwnedRow {
  /** Writes what is due: the row that is wanted and missing, or the end of the other one. */
  readonly due: () => void
  /** Writes the row again, because it may be gone. */
  readonly again: () => void
  readonly isHeld: () => boolean
  readonly stop: () => void
}

/** The end of a write. `Kept`: a condition failed. `Failed`: the engine did not answer, and is asked again. */
export type RowNews = 'Written' | 'Kept' | 'Full' | 'Dropped' | 'Failed'

export interface OwnedRowNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly lease: NodeLease
  readonly of: string
  readonly room: string
  readonly key: string
  readonly isWanted: () => boolean
  /** Returns the condition of the put, and further writes with it, in their order. */
  readonly with: () => {
    readonly condition?: Pick<Put, 'ifFewer'>
    readonly before?: Write[]
    readonly after?: Write[]
  }
  readonly told: (news: RowNews) => void
}

/** The rows say nothing beside their keys. */
const nothing = '[]'

export const ownedRow = ({
  context,
  tables,
  lease,
  of,
  room,
  key,
  isWanted,
  with: more,
  told,
}: OwnedRowNeeds): OwnedRow => {
  /** `unknown`: the row may be there. */
  let have: 'none' | 'held' | 'unknown' = 'none'

  const settle = (next: typeof have, news: RowNews): void => {
    have = next
    told(news)
    writer.due()
  }
  const writer = rowWriter({
    context,
    tables,
    id: { of, room },
    isReady: lease.isHeld,
    isPaused: () => false,
    next: () => {
      if (have === (isWanted() ? 'held' : 'none')) return undefined
      if (!isWanted())
        return {
          writes: [{ _tag: 'Drop', key, cause: 'left', ifLease: lease.name() }],
          settle: () => {
            settle('none', 'Dropped')
          },
        }
      const { condition, before = [], after = [] } = more()
      const put: Put = { _tag: 'Put', key, value: nothing, lease: lease.name(), ...condition }
      return {
        writes: [...before, put, ...after],
        settle: (outcomes) => {
          const outcome = outcomes[before.length]?._tag
          settle(outcome === 'Written' ? 'held' : 'none', outcome === 'Fenced' || !outcome ? 'Kept' : outcome)
        },
      }
    },
    failed: () => {
      have = 'unknown'
      told('Failed')
    },
  })
  return {
    due: writer.due,
    again: () => {
      if (have === 'held') have = 'unknown'
      writer.due()
    },
    isHeld: () => have === 'held',
    stop: writer.stop,
  }
}
