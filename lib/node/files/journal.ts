import { map, of, tap } from 'rxjs'
import * as E from '#fp/Either'
import { blockOf, checkOf } from './block.js'
import { andThen, type Disk, type DiskFile, done, type Done, type Hold, undoing, whatever } from './disk.js'
import type { Durability } from './durability.js'
import type { Marker, Tip } from './manifest-writer.js'
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
  /** Where the journal ends. */
  readonly tip: () => Tip | undefined
  /** The number of the next segment. */
  readonly next: () => number
  /** Begins that segment. */
  readonly renew: () => Done
  /** Everything reaches the disk, and the mark says that nothing follows. */
  readonly close: () => Done
  /** Closes the files as they are. */
  readonly release: () => Done
}

/** Where a journal goes on. */
export interface JournalStart {
  /** Its name, which all its files have. */
  readonly journal: string
  /** Its segments with their bytes, the oldest first. */
  readonly segments: ReadonlyMap<number, number>
  readonly damaged: ReadonlySet<number>
  /** The first number that no file has. */
  readonly next: number
  readonly previous?: Place | undefined
  /** Records that are in `previous` after those that count. */
  readonly carry: readonly string[]
}

interface Segment {
  readonly number: number
  readonly file: DiskFile
  readonly previous: Place | undefined
  /** Up to where it was written, and up to where it is on the disk. */
  end: Place
  synced: Place
  /** The blocks between. */
  unsynced: string[]
  failed: boolean
}

export interface JournalOptions {
  readonly marker: Marker
  readonly hold: Hold
  /** Told of segments that are not in the directory any more, before the next one begins. */
  readonly gone: (segments: readonly number[]) => void
  readonly durability: Durability
  /** A segment that has so many bytes is followed by another. */
  readonly segmentBytes: number
}

export const journal = (disk: Disk, options: JournalOptions, start: JournalStart): Journal => {
  const { marker, hold, durability, segmentBytes } = options
  const isAlways = durability === 'always'
  const segments = new Map(start.segments)
  let next = start.next
  let current: Segment | undefined

  const sync = (segment: Segment): Done =>
    segment.file.sync().pipe(
      andThen(() => segment.file.named(segmentName(segment.number))),
      tap((synced) => {
        if (E.isLeft(synced)) segment.failed = true
        else {
          segment.synced = segment.end
          segment.unsynced = []
        }
      }),
    )
  const put = putting(options)
  const append = (segment: Segment, records: string): Done<number> => {
    const { number, file, previous, end: last, synced } = segment
    const bytes = blockOf(`[${records}]`, { position: last.bytes, synced: synced.bytes, mark: marker.number() })
    const end = { segment: number, bytes: last.bytes + bytes.length, check: checkOf(bytes) }
    return put(file, bytes, { end, previous }).pipe(
      map((written) => {
        if (E.isLeft(written)) {
          segment.failed = true
          return written
        }
        segment.end = end
        if (isAlways) segment.synced = end
        else segment.unsynced.push(records)
        segments.set(number, end.bytes)
        return E.right(number)
      }),
    )
  }
  const tip = (): Tip | undefined => current && { end: current.end, previous: current.previous }
  /** After a mark that failed there is a true one before anything else is made. */
  const remark = (): Done => {
    const now = tip()
    return now && marker.isInDoubt() ? marker.put(now) : done
  }

  /** What counts of the segment before: what is on the disk. The rest is written again. */
  const previous = (): Pick<JournalStart, 'previous' | 'carry'> =>
    current ? { previous: current.synced, carry: current.unsynced } : start
  const roll = (records: string): Done<number> => {
    const before = current
    const isFull = before && before.synced.bytes < before.end.bytes && !before.failed
    return look(disk, options, segments).pipe(
      andThen(() => (isFull ? whatever(sync(before)) : done)),
      andThen(remark),
      andThen(() => begin(records)),
    )
  }
  const begin = (records: string): Done<number> => {
    const number = next++
    const before = current
    const { previous: last, carry } = previous()
    const texts = [...carry, records].filter((text) => text !== '')
    const header = { journal: start.journal, segment: number, previous: last, carries: texts.length > 0 }
    const blocks = beginning(header, texts.join(','), marker.number())
    const bytes = Buffer.concat(blocks)
    const end = { segment: number, bytes: bytes.length, check: checkOf(blocks.at(-1) ?? bytes) }
    const name = segmentName(number)
    return made(disk, name, bytes, isAlways).pipe(
      andThen((file) =>
        // It stays where the mark fails: that may say that the journal goes as far as this.
        marker.put({ end, previous: last }).pipe(
          andThen(hold.check),
          undoing(() => whatever(file.close())),
          andThen(() => {
            const synced = isAlways ? end : { segment: number, bytes: 0, check: 0 }
            current = { number, file, previous: last, end, synced, unsynced: isAlways ? [] : texts, failed: false }
            segments.set(number, end.bytes)
            return before ? whatever(before.file.close()) : done
          }),
          map(E.map(() => number)),
        ),
      ),
    )
  }
  const write = (records: string): Done<number> =>
    !current || current.failed || current.end.bytes >= segmentBytes ? roll(records) : append(current, records)
  const isDirty = (): boolean => current !== undefined && current.synced.bytes < current.end.bytes
  const flush = (): Done => {
    if (!current || !isDirty()) return done
    if (!current.failed) return sync(current)
    return roll('').pipe(andThen(() => (current && isDirty() ? sync(current) : done)))
  }

  return {
    write,
    isDirty,
    segments,
    tip,
    next: () => next,
    renew: () => roll('').pipe(map(E.map(() => undefined))),
    sync: flush,
    remove: (number) => {
      const name = segmentName(number)
      segments.delete(number)
      return start.damaged.has(number) ? disk.rename(name, damagedName(name)) : disk.remove(name)
    },
    close: () =>
      flush().pipe(
        andThen(() => {
          const last = tip()
          return last ? marker.close(last) : nothing
        }),
      ),
    release: () => whatever(current?.file.close() ?? done).pipe(andThen(marker.release)),
  }
}

/** Writes bytes that end at a place; then the file is there under its name, the mark says so, and the directory is held. */
const putting =
  ({ marker, hold, durability }: JournalOptions) =>
  (file: DiskFile, bytes: Buffer, { end, previous }: Tip): Done =>
    file.write(bytes, end.bytes - bytes.length).pipe(
      andThen(() => (durability === 'always' ? file.sync() : done)),
      andThen(() => file.named(segmentName(end.segment))),
      andThen(() => marker.put({ end, previous })),
      andThen(hold.check),
    )

/** A new file with these bytes, and its name on the disk; after a failure there is none. */
const made = (disk: Disk, name: string, bytes: Buffer, isSynced: boolean): Done<DiskFile> =>
  disk.create(name).pipe(
    andThen((file) =>
      file.write(bytes, 0).pipe(
        andThen(() => (isSynced ? file.sync() : done)),
        andThen(disk.sync),
        andThen(() => file.named(name)),
        undoing(() => whatever(file.close()).pipe(andThen(() => whatever(disk.remove(name))))),
        map(E.map(() => file)),
      ),
    ),
  )

/** Looks for segments that are gone. Fails in a directory that is not the one that was taken: nothing is made there. */
const look = (disk: Disk, { hold, gone }: JournalOptions, segments: Map<number, number>): Done =>
  hold.check().pipe(
    andThen(disk.list),
    map(
      E.map((names) => {
        const all = new Set(names)
        const lost = [...segments.keys()].filter((segment) => !all.has(segmentName(segment)))
        for (const segment of lost) segments.delete(segment)
        if (lost.length > 0) gone(lost)
      }),
    ),
  )

const nothing: Done = of(E.left({ code: 'EBADF', message: 'nothing was written' }))
