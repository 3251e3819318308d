import type { SchedulerLike, Subscription } from 'rxjs'
import { map, of, switchMap, tap } from 'rxjs'
import * as E from '#fp/Either'
import type { Ledger } from '../../server/ledger.js'
import type { CallBases } from './call-bases.js'
import type { Cleaner } from './cleaner.js'
import { type Commits, commits } from './commits.js'
import { andThen, type DiskFailure, done, type Done, type Hold, inTurn, whatever } from './disk.js'
import type { Durability } from './durability.js'
import type { Journal } from './journal.js'
import type { JournalRecord } from './record.js'
import { segmentName } from './segment.js'

/** Commits, together with the records that accompany them. */
export interface Writer extends Pick<Commits, 'put'> {
  /** Begins a segment, and rewrites the pending content. */
  readonly begin: () => Done
  /** Returns the epoch of new rooms in the journal. */
  readonly unborn: () => string | undefined
  /** Returns the segment of the last commit. */
  readonly segment: () => number
  /** Rewrites all live content, because these segments are missing. */
  readonly rewrite: (gone: readonly number[]) => void
  /** Runs `work` after all pending work, then calls `then`. No work may be put afterwards. */
  readonly end: (work: () => Done, then: () => void) => void
}

export interface WriterParts {
  readonly durability: Durability
  /** Maximum delay of a sync with durability `interval`, in ms. */
  readonly syncMs: number
  readonly scheduler: SchedulerLike
  readonly rooms: Ledger
  readonly calls: CallBases
  readonly journal: Journal
  readonly hold: Hold
  readonly cleaner: Cleaner
  /** Rooms forgotten since the last commit. */
  readonly dropped: Set<string>
  /** Receives failures that no caller receives. */
  readonly fault: (failure: DiskFailure) => void
}

/** Minimum number of bytes to rewrite beside a commit. */
const leastAgain = 2 ** 20

export const writer = (parts: WriterParts): Writer => {
  const { durability, syncMs, scheduler, rooms, calls, journal, hold, cleaner, dropped, fault } = parts
  let base: string | undefined
  let unborn: string | undefined
  let memory: string | undefined
  let segment = 0
  let alarm: Subscription | undefined
  /** The reason why writing stopped for good. */
  let lost: DiskFailure | undefined

  const write = (records: string): Done => {
    const { losses } = rooms
    const [name, epoch, commands, gone] = [losses.base(), rooms.unborn(), calls.name(), [...dropped]]
    const counts = [...losses.unrecorded].map((user) => [user, losses.counts.get(user) ?? 0] as const)
    const more: readonly JournalRecord[] = [
      ...gone.map((room) => ['d', room] as const),
      // After the records that remove rooms: lanes lost with a room.
      ...(name === base ? [] : [['l', name] as const]),
      ...(counts.length === 0 ? [] : [['f', counts] as const]),
      ...(epoch === unborn ? [] : [['u', epoch] as const]),
      ...(commands === memory ? [] : [calls.named()]),
      ...cleaner.plan(Math.max(leastAgain, records.length)),
    ]
    if (lost) return of(E.left(lost))
    if (more.length === 0 && records === '') return done
    const texts = [...more.map((record) => JSON.stringify(record)), records].filter((text) => text !== '')
    return journal.write(texts.join(',')).pipe(
      andThen((number) => {
        segment = number
        base = name
        unborn = epoch
        memory = commands
        const isSame = losses.base() === name
        for (const [user, count] of counts)
          if (isSame && losses.counts.get(user) === count) losses.unrecorded.delete(user)
        for (const room of gone) dropped.delete(room)
        syncLater()
        return cleaner.written(number) ? tidy() : done
      }),
      minded,
    )
  }
  /** Handles a missing name: of a file, which is made again; or of the directory or its lock, after which all writing stops. */
  const minded = (answer: Done): Done =>
    answer.pipe(
      switchMap((each) => {
        if (E.isRight(each) || each.left.code !== 'ESTALE' || lost) return of(each)
        return hold.check().pipe(
          map((held) => {
            if (E.isLeft(held)) {
              lost = {
                code: held.left.code,
                message: `${held.left.message}; nothing is kept until the server is started again`,
              }
              fault(lost)
              return E.left(lost)
            }
            fault(each.left)
            queue.between(journal.renew, report)
            return each
          }),
        )
      }),
    )
  /** Syncs the rewritten content to the disk before it removes the segments that it replaces. */
  const tidy = (): Done =>
    whatever(
      journal.sync().pipe(
        andThen(() => inTurn(cleaner.spare(), journal.remove)),
        tap(report),
      ),
    )
  const sync = (): Done => minded(journal.sync())
  const report = (answer: E.Either<DiskFailure, void>): void => {
    if (E.isLeft(answer)) fault(answer.left)
  }
  const syncLater = (): void => {
    if (durability !== 'interval' || alarm || !journal.isDirty()) return
    alarm = scheduler.schedule(() => {
      alarm = undefined
      queue.between(sync, (answer) => {
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

  const rewrite = (gone: readonly number[]): void => {
    const names = gone.map(segmentName).join(', ')
    fault({ code: 'ESTALE', message: `${names} was removed while in use; all that is held is written again` })
    cleaner.force(journal.next())
    queue.between(again, report)
  }

  return {
    put: queue.put,
    rewrite,
    unborn: () => unborn,
    segment: () => segment,
    begin: () => write('').pipe(andThen(again)),
    end,
  }
}
