import { defer, map, tap } from 'rxjs'
import * as E from '#fp/Either'
import { andThen, type Disk, type DiskFile, done, type Done, undoing, whatever } from './disk.js'
import { type Manifest, manifestBlock, manifestName, manifestPositions } from './manifest.js'
import type { Place } from './record.js'

/** How far a journal goes. */
export interface Tip {
  readonly end: Place
  /** The place before the segment of `end`, as its header says it. */
  readonly previous?: Place | undefined
}

/** Writes the marks of a journal: after each write to the journal and before anybody is told of it. */
export interface Marker {
  /** The number of the mark that was written last. */
  readonly number: () => number
  /**
   * Makes a new file in place of the one before; from then on `put` writes. What was wrong with the one before is kept
   * under the given name.
   */
  readonly begin: (tip: Tip, keepAs?: string) => Done
  /** The journal goes as far as this; on the disk with durability `always`. */
  readonly put: (tip: Tip) => Done
  /** The last `put` failed: the file may say anything of what it was given. */
  readonly isInDoubt: () => boolean
  /** The journal was closed and ends here. */
  readonly close: (tip: Tip) => Done
  /** Closes the file as it is. */
  readonly release: () => Done
}

export type MarkerOptions = Pick<Manifest, 'journal' | 'durability' | 'boot'> & {
  /** The number of the mark that was found. */
  readonly number: number
}

const aside = 'mark.new'

export const marker = (disk: Disk, { number: found, ...given }: MarkerOptions): Marker => {
  let number = found
  let file: DiskFile | undefined
  let isBegun = false

  const block = (tip: Tip, closed: boolean, position: number): Buffer =>
    manifestBlock({ ...given, ...tip, number, closed }, position)
  /** Written aside and renamed, so that there is always a whole one. */
  const replace = (tip: Tip, closed: boolean, keepAs?: string): Done =>
    disk.remove(aside).pipe(
      // It is only there after an end in between.
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
          // One that could not be put in place is not used any more.
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
