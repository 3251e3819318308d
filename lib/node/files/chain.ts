import { map, of } from 'rxjs'
import * as E from '#fp/Either'
import { andThen, type Disk, type Done } from './disk.js'
import { type Header, type Place, version } from './record.js'
import { hasBegun, headerBytes, headerIn, segmentName } from './segment.js'

/** A segment that counts, and how much of it. */
export interface Link {
  readonly segment: number
  /** Up to where; unknown for the last one. */
  readonly bytes?: number
  /** The one before it, which is not there. */
  readonly missing?: number
}

/**
 * Which segments count, the oldest first: the last one that began, the one that it says to be before it, and so on. What
 * lies between them was given up when it was written.
 */
export const chain = (disk: Disk, segments: readonly number[], closed: Place | undefined): Done<readonly Link[]> => {
  const from = (lower: readonly number[], bytes: number | undefined, links: readonly Link[]): Done<readonly Link[]> => {
    const [segment, ...rest] = lower
    if (segment === undefined) return of(E.right(links))
    return look(disk, segment, links.length === 0).pipe(
      andThen(({ header, counts }) => {
        if (!counts) return from(rest, undefined, links)
        const previous = header?.previous
        const before = rest.filter((each) => !header || (previous !== undefined && each <= previous.segment))
        const isNext = previous !== undefined && before[0] === previous.segment
        const known = bytes ?? (closed?.segment === segment ? closed.bytes : undefined)
        const link: Link = {
          segment,
          ...(known === undefined ? {} : { bytes: known }),
          ...(previous && !isNext ? { missing: previous.segment } : {}),
        }
        return from(before, isNext ? previous.bytes : undefined, [link, ...links])
      }),
    )
  }
  return from(
    [...segments].sort((a, b) => b - a),
    undefined,
    [],
  )
}

interface Look {
  readonly header?: Header
  /** The last one may have been about to begin. */
  readonly counts: boolean
}

const look = (disk: Disk, segment: number, isLast: boolean): Done<Look> =>
  disk.read(segmentName(segment), isLast ? undefined : headerBytes).pipe(
    map((read) => {
      if (E.isLeft(read)) return read
      const bytes = Buffer.from(read.right)
      const header = headerIn(bytes)
      return header && header.version !== version
        ? E.left({ code: 'EVERSION', message: `${segmentName(segment)} has version ${header.version} of the format` })
        : E.right({ counts: !isLast || hasBegun(bytes), ...(header ? { header } : {}) })
    }),
  )
