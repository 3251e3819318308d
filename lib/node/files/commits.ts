import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { from } from 'rxjs'
import { fifo } from '../../server/fifo.js'
import { type CallDraft, callDraft } from '../../server/calls/decisions.js'
import type { RoomDraft } from '../../server/ledger.js'
import type { RoomState } from '../../server/room-state.js'
import type { TableState } from '../../server/tables/registry.js'
import type { TableDraft } from '../../server/tables/table.js'
import { defect, type DiskFailure, type Done } from './disk.js'
import type { JournalRecord } from './record.js'

/** Decisions of one commit, by room and by table, and on commands. */
export interface Drafts {
  readonly rooms: Map<RoomState, RoomDraft>
  readonly tables: Map<TableState, TableDraft>
  readonly calls: CallDraft
}

/** A pending write; called once, when its block is built, after the decisions in the drafts. */
export type Work = (drafts: Drafts) => Planned

export interface Planned {
  readonly records: readonly JournalRecord[]
  /** Reports that the records, and all before them, have the promised durability. */
  readonly done: () => void
  /** Reports that the records were not written, and will not be. */
  readonly failed: (failure: DiskFailure) => void
}

/**
 * Commits all pending work together, one commit after the other: work that arrives during a commit waits for the next.
 * One sync thus serves many.
 */
export interface Commits {
  readonly put: (work: Work) => void
  /** Runs a chore between two commits. */
  readonly between: (chore: () => Done, then: (answer: Either<DiskFailure, void>) => void) => void
}

/** Maximum size of one commit. */
const most = { works: 4_096, bytes: 4 * 2 ** 20 }

/** Creates a queue of commits. `write` receives the works' records as JSON; an empty text where there are none. */
export const commits = (write: (records: string) => Done): Commits => {
  const waiting = fifo<Work>()
  const chores = fifo<() => void>()
  let isUnderWay = false
  let isPumping = false
  let again = false

  const run = (work: () => Done, then: (answer: Either<DiskFailure, void>) => void): void => {
    isUnderWay = true
    // A callback may put more work at once: it waits until all callbacks have run, for only then is all of it decided.
    const settle = (answer: Either<DiskFailure, void>): void => {
      try {
        then(answer)
      } finally {
        isUnderWay = false
        pump()
      }
    }
    work().subscribe({
      next: settle,
      error: (thrown: unknown) => {
        settle(E.left(defect(thrown)))
      },
    })
  }
  const commit = (): void => {
    const drafts: Drafts = { rooms: new Map(), tables: new Map(), calls: callDraft() }
    const works: Planned[] = []
    const texts: string[] = []
    let bytes = 0
    for (let work = waiting.first(); work && works.length < most.works && bytes < most.bytes; work = waiting.first()) {
      waiting.take()
      const planned = work(drafts)
      works.push(planned)
      for (const record of planned.records) {
        const text = JSON.stringify(record)
        texts.push(text)
        bytes += text.length
      }
    }
    run(
      () => write(texts.join(',')),
      (answer) => {
        // A callback that throws is reported as an unhandled error; the next one still runs.
        from(works).subscribe({
          next: ({ done, failed }) => {
            if (E.isLeft(answer)) failed(answer.left)
            else done()
          },
          error: () => undefined,
        })
      },
    )
  }
  /** Starts the next work. Does not recurse: synchronous answers must not pile up. */
  const pump = (): void => {
    again = true
    if (isPumping) return
    isPumping = true
    while (again) {
      again = false
      if (isUnderWay) break
      const chore = chores.take()
      if (chore) chore()
      else if (waiting.size() > 0) commit()
    }
    isPumping = false
  }

  return {
    put: (work) => {
      waiting.put(work)
      pump()
    },
    between: (chore, then) => {
      chores.put(() => {
        run(chore, then)
      })
      pump()
    },
  }
}
