import { map, of, tap } from 'rxjs'
import * as E from '#fp/Either'
import { blockOf, checkOf } from './block.js'
import { andThen, type Disk, type DiskFile, done, type Done, type Hold, undoing, whatever } from './disk.js'
import type { Durability } from './durability.js'
import type { Marker, Tip } from './manifest-writer.js'
import type { Place } from './record.js'
import { beginning, damagedName, segmentName } from './segment.js'

/** Appends blocks of records to segments. Does one thing at a time: the caller waits for each answer. */
export interface Journal {
  /**
   * Writes records, the JSON of each after a comma, as one atomic block. Answers its segment once it has the promised
   * durability. After a failure none of it counts, and the next block goes to a new segment.
   */
  readonly write: (records: string) => Done<number>
  /** Syncs all writes to the disk. After a failed sync it writes the doubtful blocks again to a new segment. */
  readonly sync: () => Done
  /** Returns true where a write is not known to be on the disk. */
  readonly isDirty: () => boolean
  /** Bytes of each segment, the oldest first. */
  readonly segments: ReadonlyMap<number, number>
  /** Tries to remove a segment. Keeps a damaged one under another name. */
  readonly remove: (segment: number) => Done
  /** Returns the end of the journal. */
  readonly tip: () => Tip | undefined
  /** Returns the number of the next segment. */
  readonly next: () => number
  /** Begins the next segment. */
  readonly renew: () => Done
  /** Syncs everything to the disk and writes a mark that says that nothing follows. */
  readonly close: () => Done
  /** Closes the files without further writes. */
  readonly release: () => Done
}

/** The state from which a journal continues. */
export interface JournalStart {
  /** Its name, which all its files contain. */
  readonly journal: string
  /** Its segments with their bytes, the oldest first. */
  readonly segments: ReadonlyMap<number, number>
  readonly damaged: ReadonlySet<number>
  /** The first number without a file. */
  readonly next: number
  readonly previous?: Place | undefined
  /** Records in `previous` after those that count. */
  readonly carry: readonly string[]
}

interface Segment {
  readonly number: number
  readonly file: DiskFile
  readonly previous: Place | undefined
  /** The places up to which it is written, and synced to the disk. */
  end: Place
  synced: Place
  /** The blocks between those places. */
  unsynced: string[]
  failed: boolean
}

export interface JournalOptions {
  readonly marker: Marker
  readonly hold: Hold
  /** Receives the segments that have disappeared from the directory, before the next one begins. */
  readonly gone: (segments: readonly number[]) => void
  readonly durability: Durability
  /** Size at which another segment begins, in bytes. */
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
  /** Writes a valid mark after a failed one, before any other file is made. */
  const remark = (): Done => {
    const now = tip()
    return now && marker.isInDoubt() ? marker.put(now) : done
  }

  /** Returns the part of the previous segment that counts, which is on the disk. The next segment repeats the rest. */
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
        // The file stays after a failed mark: the mark may say that the journal ends in it.
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

/** Writes bytes that end at a place; then checks the file's name, writes the mark, and checks the hold on the directory. */
const putting =
  ({ marker, hold, durability }: JournalOptions) =>
  (file: DiskFile, bytes: Buffer, { end, previous }: Tip): Done =>
    file.write(bytes, end.bytes - bytes.length).pipe(
      andThen(() => (durability === 'always' ? file.sync() : done)),
      andThen(() => file.named(segmentName(end.segment))),
      andThen(() => marker.put({ end, previous })),
      andThen(hold.check),
    )

/** Creates a file with these bytes and syncs its name to the disk; removes it after a failure. */
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

/** Looks for missing segments. Fails in a directory other than the held one: nothing is created there. */
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
