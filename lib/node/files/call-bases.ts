import type { CallBook } from '../../server/calls/book.js'
import type { CallChange } from '../../server/calls/fact.js'
import { recordOfCall } from './call-record.js'
import type { JournalRecord } from './record.js'

/** The segment of a journal that has the last change of each command. */
export interface CallBases {
  /** Returns the heap bytes of all commands. */
  readonly bytes: () => number
  /** Returns the name of the memory of commands. */
  readonly name: () => string
  /** Returns the record of the name of the memory, with its time. */
  readonly named: () => JournalRecord
  readonly begin: (command: CallChange, segment: number) => void
  readonly forget: (command: CallChange) => void
  /** Forgets the commands whose last change is before a segment. */
  readonly prune: (oldest: number) => void
  /** Plans to write again about `bytes` of the commands whose last change is before a segment. */
  readonly rewrite: (goal: number, bytes: number) => Rewritten
  /** Confirms that they were written to this segment. */
  readonly written: (segment: number) => void
}

interface Rewritten {
  readonly records: readonly JournalRecord[]
  readonly bytes: number
}

/** Bytes of a command without its outcome. */
const smallBytes = 256

export const callBases = (book: CallBook, dedupeMs: number): CallBases => {
  /** By segment, the oldest first. */
  const bases = new Map<CallChange, number>()
  let planned: readonly CallChange[] = []

  const begin = (command: CallChange, segment: number): void => {
    bases.delete(command)
    bases.set(command, segment)
  }
  return {
    bytes: book.bytes,
    name: book.name,
    named: () => ['n', book.name(), book.now(), dedupeMs],
    begin,
    forget: (command) => {
      bases.delete(command)
    },
    prune: (oldest) => {
      for (const [command, base] of [...bases]) if (base < oldest) book.forget(command)
    },
    rewrite: (goal, most) => {
      const commands: CallChange[] = []
      let bytes = 0
      for (const [command, base] of bases) {
        if (base >= goal || bytes > most) break
        commands.push(command)
        bytes += smallBytes + (command.fact._tag === 'Done' ? (command.fact.outcome?.length ?? 0) : 0)
      }
      planned = commands
      return { records: commands.length === 0 ? [] : [['k', commands.map(recordOfCall)]], bytes }
    },
    written: (segment) => {
      for (const command of planned) if (bases.has(command)) begin(command, segment)
      planned = []
    },
  }
}
