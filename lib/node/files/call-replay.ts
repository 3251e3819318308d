import type { CallBook } from '../../server/calls/book.js'
import type { CallBases } from './call-bases.js'
import { callOf } from './call-record.js'
import type { JournalRecord } from './record.js'

type CallsRecord = Extract<JournalRecord, readonly ['k' | 'n', ...unknown[]]>

/** Rebuilds the memory of commands from a journal. */
export interface CallReplay {
  readonly take: (record: CallsRecord, segment: number) => void
  /** Forgets the commands whose last change is in a segment before this one. */
  readonly prune: (oldest: number) => void
  /** Ends the replay. The memory gets another name where changes may be missing, or if it is to remember for longer than it did. */
  readonly end: (isWhole: boolean) => void
}

export const callReplay = (book: CallBook, bases: CallBases, dedupeMs: number): CallReplay => {
  let rememberedMs = 0
  return {
    take: (record, segment) => {
      if (record[0] === 'n') {
        book.rename(record[1])
        book.advance(record[2])
        rememberedMs = record[3] ?? Infinity
        return
      }
      for (const each of record[1]) {
        const change = callOf(each)
        book.advance(change.at)
        bases.begin(book.restore(change), segment)
      }
    },
    prune: bases.prune,
    end: (isWhole) => {
      if (!isWhole || rememberedMs < dedupeMs) book.rename(undefined)
      book.begin()
    },
  }
}
