import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { from } from 'rxjs'
import { fifo } from '../../server/fifo.js'
import type { RoomDraft } from '../../server/ledger.js'
import type { RoomState } from '../../server/room-state.js'
import { defect, type DiskFailure, type Done } from './disk.js'
import type { JournalRecord } from './record.js'

/** Decisions of one commit, by room. */
export type Drafts = Map<RoomState, RoomDraft>

/** Something that waits to be written; called once, when its block is made, after what the drafts hold. */
export type Work = (drafts: Drafts) => Planned

export interface Planned {
  readonly records: readonly JournalRecord[]
  /** They are as durable as was promised, and so is all before them. */
  readonly done: () => void
  /** They were not written, and will not be. */
  readonly failed: (failure: DiskFailure) => void
}

/**
 * Commits what waits, all of it at once, and one commit after the other: what comes while one is under way waits for the
 * next. So one sync serves however many wait for it.
 */
export interface Commits {
  readonly put: (work: Work) => void
  /** Does something between two commits. */
  readonly between: (chore: () => Done, then: (answer: Either<DiskFailure, void>) => void) => void
}

/** The most of one commit. */
const most = { works: 4_096, bytes: 4 * 2 ** 20 }

/** `write` is given the works' records as JSON; an empty text where there are none. */
export const commits = (write: (records: string) => Done): Commits => {
  const waiting = fifo<Work>()
  const chores = fifo<() => void>()
  let isUnderWay = false
  let isPumping = false
  let again = false

  const run = (work: () => Done, then: (answer: Either<DiskFailure, void>) => void): void => {
    isUnderWay = true
    // Who is told may ask for more at once: that waits until everybody is told, for only then is all of it decided.
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
    const drafts: Drafts = new Map()
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
        // Who throws is reported as nobody's, and the next is told.
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
  /** Not from within itself: what is answered at once must not pile up. */
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
