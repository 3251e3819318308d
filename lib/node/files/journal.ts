import { map, of, tap } from 'rxjs'
import * as E from '#fp/Either'
import { blockOf } from './block.js'
import { andThen, type Disk, type DiskFile, done, type Done, undoing, whatever } from './disk.js'
import type { Durability } from './durability.js'
import type { Place } from './record.js'
import { beginning, damagedName, segmentName } from './segment.js'

/** Appends blocks of records to segments. One thing at a time: the caller waits for each answer. */
export interface Journal {
  /**
   * Writes records, the JSON of each after a comma, as one block: it will be there as a whole or not at all. Answers in
   * which segment it is once it is as durable as was promised. After a failure nothing of it counts, and the next block
   * goes to a new segment.
   */
  readonly write: (records: string) => Done<number>
  /** All that was written reaches the disk. What a failed sync leaves in doubt is written again to a new segment. */
  readonly sync: () => Done
  /** Whether something was written that is not known to be on the disk. */
  readonly isDirty: () => boolean
  /** Bytes of each segment, the oldest first. */
  readonly segments: ReadonlyMap<number, number>
  /** Removes a segment, or tries to. One that is damaged is kept under another name. */
  readonly remove: (segment: number) => Done
  /** Ends writing; answers where the journal ends. */
  readonly close: () => Done<Place>
}

/** Where a journal goes on. */
export interface JournalStart {
  /** Its segments with their bytes, the oldest first. */
  readonly segments: ReadonlyMap<number, number>
  readonly damaged: ReadonlySet<number>
  /** The first number that no file has. */
  readonly next: number
  readonly previous?: Place
  /** Records that are in `previous` after those that count. */
  readonly carry: readonly string[]
}

interface Segment {
  readonly number: number
  readonly file: DiskFile
  /** Up to where it was written, and up to where it is on the disk. */
  end: number
  synced: number
  /** The blocks between. */
  unsynced: string[]
  failed: boolean
}

export interface JournalOptions {
  readonly durability: Durability
  /** A segment that has so many bytes is followed by another. */
  readonly segmentBytes: number
}

export const journal = (disk: Disk, { durability, segmentBytes }: JournalOptions, start: JournalStart): Journal => {
  const segments = new Map(start.segments)
  let next = start.next
  let current: Segment | undefined

  const sync = (segment: Segment): Done =>
    segment.file.sync().pipe(
      tap((synced) => {
        if (E.isLeft(synced)) segment.failed = true
        else {
          segment.synced = segment.end
          segment.unsynced = []
        }
      }),
    )
  const append = (segment: Segment, records: string): Done<number> => {
    const bytes = blockOf(`[${records}]`, segment.end, segment.synced)
    return segment.file.write(bytes, segment.end).pipe(
      andThen(() => (durability === 'always' ? segment.file.sync() : done)),
      map((written) => {
        if (E.isLeft(written)) {
          segment.failed = true
          return written
        }
        segment.end += bytes.length
        if (durability === 'always') segment.synced = segment.end
        else segment.unsynced.push(records)
        segments.set(segment.number, segment.end)
        return E.right(segment.number)
      }),
    )
  }

  /** What counts of the segment before: what is on the disk. The rest is written again. */
  const previous = (): Pick<JournalStart, 'previous' | 'carry'> => {
    if (!current) return start
    const { number: segment, synced, unsynced } = current
    return { previous: { segment, bytes: synced }, carry: unsynced }
  }
  const roll = (records: string): Done<number> => {
    const before = current
    const isFull = before && before.synced < before.end && !before.failed
    return (isFull ? whatever(sync(before)) : done).pipe(andThen(() => begin(records)))
  }
  const begin = (records: string): Done<number> => {
    const number = next++
    const before = current
    const { previous: last, carry } = previous()
    const texts = [...carry, records].filter((text) => text !== '')
    const header = { segment: number, carries: texts.length > 0, ...(last ? { previous: last } : {}) }
    const bytes = beginning(header, texts.join(','))
    const name = segmentName(number)
    return disk.create(name).pipe(
      andThen((file) =>
        file.write(bytes, 0).pipe(
          andThen(() => (durability === 'always' ? file.sync() : done)),
          andThen(disk.sync),
          andThen(() => {
            const end = bytes.length
            const synced = durability === 'always' ? end : 0
            current = { number, file, end, synced, unsynced: durability === 'always' ? [] : texts, failed: false }
            segments.set(number, end)
            return before ? whatever(before.file.close()) : done
          }),
          map((begun) => (E.isLeft(begun) ? begun : E.right(number))),
          undoing(() => whatever(file.close()).pipe(andThen(() => whatever(disk.remove(name))))),
        ),
      ),
    )
  }
  const write = (records: string): Done<number> =>
    !current || current.failed || current.end >= segmentBytes ? roll(records) : append(current, records)
  const isDirty = (): boolean => current !== undefined && current.synced < current.end
  const flush = (): Done => {
    if (!current || !isDirty()) return done
    if (!current.failed) return sync(current)
    return begin('').pipe(andThen(() => (current && isDirty() ? sync(current) : done)))
  }

  return {
    write,
    isDirty,
    segments,
    sync: flush,
    remove: (number) => {
      const name = segmentName(number)
      segments.delete(number)
      return start.damaged.has(number) ? disk.rename(name, damagedName(name)) : disk.remove(name)
    },
    close: () => flush().pipe(andThen(() => (current ? closed(current) : nothing))),
  }
}

const closed = ({ number: segment, file, end: bytes }: Segment): Done<Place> =>
  file.close().pipe(map((gone) => (E.isLeft(gone) ? gone : E.right({ segment, bytes }))))

const nothing: Done<Place> = of(E.left({ code: 'EBADF', message: 'nothing was written' }))
