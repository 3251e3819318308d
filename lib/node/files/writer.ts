import type { SchedulerLike, Subscription } from 'rxjs'
import { tap } from 'rxjs'
import * as E from '#fp/Either'
import type { Ledger } from '../../server/ledger.js'
import type { Cleaner } from './cleaner.js'
import { type Commits, commits } from './commits.js'
import { andThen, type DiskFailure, done, type Done, inTurn, whatever } from './disk.js'
import type { Durability } from './durability.js'
import type { Journal } from './journal.js'
import type { JournalRecord } from './record.js'

/** Commits, with all that has to be written beside them. */
export interface Writer extends Pick<Commits, 'put'> {
  /** Begins a segment, and writes again what has to be. */
  readonly begin: () => Done
  /** The segment of the last commit. */
  readonly segment: () => number
  /** After all that waits, and then nothing may be put any more: does this, and says so. */
  readonly end: (work: () => Done, then: () => void) => void
}

export interface WriterParts {
  readonly durability: Durability
  /** How long something may wait for its sync with durability `interval`. */
  readonly syncMs: number
  readonly scheduler: SchedulerLike
  readonly rooms: Ledger
  readonly journal: Journal
  readonly cleaner: Cleaner
  /** Rooms that were forgotten since the last commit. */
  readonly dropped: Set<string>
  /** What failed and has no caller to be told. */
  readonly fault: (failure: DiskFailure) => void
}

/** How much is written again beside a commit, at least. */
const leastAgain = 2 ** 20

export const writer = (parts: WriterParts): Writer => {
  const { durability, syncMs, scheduler, rooms, journal, cleaner, dropped, fault } = parts
  let lanesName: string | undefined
  let segment = 0
  let alarm: Subscription | undefined

  const write = (records: string): Done => {
    const name = rooms.lanes()
    const gone = [...dropped]
    const more: readonly JournalRecord[] = [
      ...gone.map((room) => ['d', room] as const),
      // After what takes it away: lanes that went with a room.
      ...(name === lanesName ? [] : [['l', name] as const]),
      ...cleaner.plan(Math.max(leastAgain, records.length)),
    ]
    if (more.length === 0 && records === '') return done
    const texts = [...more.map((record) => JSON.stringify(record)), records].filter((text) => text !== '')
    return journal.write(texts.join(',')).pipe(
      andThen((number) => {
        segment = number
        lanesName = name
        for (const room of gone) dropped.delete(room)
        syncLater()
        return cleaner.written(number) ? tidy() : done
      }),
    )
  }
  /** What was written again is on the disk before that which it replaces is removed. */
  const tidy = (): Done =>
    whatever(
      journal.sync().pipe(
        andThen(() => inTurn(cleaner.spare(), journal.remove)),
        tap(report),
      ),
    )
  const report = (answer: E.Either<DiskFailure, void>): void => {
    if (E.isLeft(answer)) fault(answer.left)
  }
  const syncLater = (): void => {
    if (durability !== 'interval' || alarm || !journal.isDirty()) return
    alarm = scheduler.schedule(() => {
      alarm = undefined
      queue.between(journal.sync, (answer) => {
        report(answer)
        syncLater()
      })
    }, syncMs)
  }
  const again = (): Done => (cleaner.isBehind() ? write('').pipe(andThen(again)) : done)
  const queue = commits(write)

  const end = (work: () => Done, then: () => void): void => {
    const last = (): void => {
      alarm?.unsubscribe()
      queue.between(work, (answer) => {
        report(answer)
        then()
      })
    }
    queue.put(() => ({ records: [], done: last, failed: last }))
  }

  return { put: queue.put, segment: () => segment, begin: () => write('').pipe(andThen(again)), end }
}
