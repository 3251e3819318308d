import { concat, from, map, type Observable, Subject, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { Engine, EngineFailure } from '../../server/engine.js'
import type { Bounds, Surroundings } from '../../server/retention.js'
import { cleaner } from './cleaner.js'
import { contents, replayParts } from './contents.js'
import { andThen, type Disk, done, type Done, type Hold, inTurn, undoing, whatever } from './disk.js'
import type { Durability } from './durability.js'
import { engine } from './engine.js'
import { journal } from './journal.js'
import { marker } from './manifest-writer.js'
import { recover, type Useless } from './recovery.js'
import { damagedName, segmentName } from './segment.js'
import { writer } from './writer.js'

/** An engine whose rooms outlive the process. */
export interface FilesEngine extends Engine {
  /** Failures that no caller receives; first, for each subscriber, the faults found at opening. */
  readonly faults$: Observable<EngineFailure>
  /** Returns the number of rooms, their bytes of heap, and the bytes of the journal on the disk. */
  readonly held: () => { readonly rooms: number; readonly bytes: number; readonly journalBytes: number }
}

export interface OpeningParts {
  readonly durability: Durability
  readonly syncMs: number
  readonly segmentBytes: number
  readonly newEpochs: boolean
  readonly bounds: Bounds
  readonly given: Required<Surroundings>
  /** Called once the engine is closed and everything is on the disk, as far as the disk took it. */
  readonly closed: () => void
}

/** Holds a directory, recovers its content, and opens an engine that continues it. */
export const opening = (disk: Disk, parts: OpeningParts): Done<FilesEngine> =>
  disk.hold().pipe(
    andThen((hold) =>
      open(disk, parts, hold).pipe(
        undoing(() => {
          hold.release()
          return done
        }),
      ),
    ),
  )

const open = (disk: Disk, parts: OpeningParts, hold: Hold): Done<FilesEngine> => {
  const { durability, syncMs, segmentBytes, newEpochs, bounds, given } = parts
  const dropped = new Set<string>()
  const held = contents(bounds, given, (name) => dropped.add(name))
  const { rooms, sessions, clock, tableBases, commandBases } = held
  const faults = new Subject<EngineFailure>()

  const options = { durability, newEpochs, ids: given.ids }
  return recover(disk, options, replayParts(held, bounds, given)).pipe(
    andThen((found) => {
      const { start, boot } = found
      const { journal: name } = start
      const marks = marker(disk, {
        journal: name,
        durability,
        number: found.mark,
        ...(boot === undefined ? {} : { boot }),
      })
      const written = journal(
        disk,
        {
          marker: marks,
          hold,
          gone: (lost) => {
            commits.rewrite(lost)
          },
          durability,
          segmentBytes,
        },
        start,
      )
      const clean = cleaner({
        rooms,
        sessions,
        clock,
        journal: written,
        segmentBytes,
        bases: found.bases,
        tables: tableBases,
        calls: commandBases,
      })
      const commits = writer({
        durability,
        syncMs,
        scheduler: given.scheduler,
        rooms,
        calls: commandBases,
        journal: written,
        hold,
        cleaner: clean,
        dropped,
        fault: (failure) => {
          faults.next(failure)
        },
      })
      const close = (): void => {
        commits.end(
          () =>
            hold.check().pipe(
              andThen(written.close),
              switchMap((answer) => written.release().pipe(map(() => answer))),
            ),
          () => {
            hold.release()
            faults.complete()
            parts.closed()
          },
        )
      }
      dropped.clear()
      rooms.evict()
      if (found.isAnew) clean.force(start.next)
      const opened: FilesEngine = {
        ...engine({
          durability,
          bounds,
          given,
          ...held,
          cleaner: clean,
          writer: commits,
          close,
        }),
        faults$: concat(from(found.faults.map((message) => ({ message }))), faults),
        held: () => ({ rooms: rooms.rooms.size, bytes: rooms.bytes(), journalBytes: sum(written.segments.values()) }),
      }
      return commits.begin().pipe(
        andThen(() => {
          const tip = written.tip()
          return tip ? marks.begin(tip, found.keepMarkAs) : done
        }),
        andThen(() => whatever(inTurn(found.useless, (each) => cleared(disk, each)))),
        map(E.map(() => opened)),
      )
    }),
  )
}

const cleared = (disk: Disk, { segment, isKept }: Useless): Done => {
  const name = segmentName(segment)
  return isKept ? disk.rename(name, damagedName(name)) : disk.remove(name)
}

const sum = (values: Iterable<number>): number => {
  let all = 0
  for (const value of values) all += value
  return all
}
