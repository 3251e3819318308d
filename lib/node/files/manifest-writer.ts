import { defer, map, tap } from 'rxjs'
import * as E from '#fp/Either'
import { andThen, type Disk, type DiskFile, done, type Done, undoing, whatever } from './disk.js'
import { type Manifest, manifestBlock, manifestName, manifestPositions } from './manifest.js'
import type { Place } from './record.js'

/** The end of a journal. */
export interface Tip {
  readonly end: Place
  /** The place before the segment of `end`, as in its header. */
  readonly previous?: Place | undefined
}

/** Writes the marks of a journal: after each write to the journal and before its acknowledgement. */
export interface Marker {
  /** Returns the number of the last mark. */
  readonly number: () => number
  /** Replaces the file by a new one; only then `put` writes. Keeps an invalid old file under the given name. */
  readonly begin: (tip: Tip, keepAs?: string) => Done
  /** Records the end of the journal; synced to the disk with durability `always`. */
  readonly put: (tip: Tip) => Done
  /** Returns true after a failed `put`: the content of the file is uncertain. */
  readonly isInDoubt: () => boolean
  /** Records that the journal was closed and ends here. */
  readonly close: (tip: Tip) => Done
  /** Closes the file without a further write. */
  readonly release: () => Done
}

export type MarkerOptions = Pick<Manifest, 'journal' | 'durability' | 'boot'> & {
  /** The number of the mark that was read. */
  readonly number: number
}

const aside = 'mark.new'

export const marker = (disk: Disk, { number: found, ...given }: MarkerOptions): Marker => {
  let number = found
  let file: DiskFile | undefined
  let isBegun = false

  const block = (tip: Tip, closed: boolean, position: number): Buffer =>
    manifestBlock({ ...given, ...tip, number, closed }, position)
  /** Writes a new file aside and renames it, so that there is always a whole one. */
  const replace = (tip: Tip, closed: boolean, keepAs?: string): Done =>
    disk.remove(aside).pipe(
      // It exists only after an interrupted replacement.
      map(() => E.right(undefined)),
      andThen(() => disk.create(aside)),
      andThen((made) =>
        made.write(block(tip, closed, 0), 0).pipe(
          andThen(made.sync),
          andThen(() => (keepAs === undefined ? done : whatever(disk.rename(manifestName, keepAs)))),
          andThen(() => disk.rename(aside, manifestName)),
          andThen(disk.sync),
          tap((answer) => {
            if (E.isRight(answer)) file = made
          }),
          // A file that could not be renamed is no longer used.
          undoing(() => whatever(made.close())),
        ),
      ),
    )
  const write = (to: DiskFile, tip: Tip, closed: boolean): Done => {
    const position = manifestPositions[1 + (number % 2)] ?? 0
    return to.write(block(tip, closed, position), position).pipe(
      andThen(() => (closed || given.durability === 'always' ? to.sync() : done)),
      andThen(() => to.named(manifestName)),
      tap((answer) => {
        if (E.isLeft(answer)) file = undefined
      }),
      undoing(() => whatever(to.close())),
    )
  }
  const put = (tip: Tip, closed: boolean, keepAs?: string): Done =>
    defer(() => {
      number++
      return file ? write(file, tip, closed) : replace(tip, closed, keepAs)
    })

  return {
    number: () => number,
    begin: (tip, keepAs) => {
      isBegun = true
      return put(tip, false, keepAs)
    },
    put: (tip) => (isBegun ? put(tip, false) : done),
    isInDoubt: () => isBegun && file === undefined,
    close: (tip) => put(tip, true),
    release: () => whatever(file?.close() ?? done),
  }
}
