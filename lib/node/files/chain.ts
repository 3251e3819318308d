import { map, of } from 'rxjs'
import * as E from '#fp/Either'
import { andThen, type Disk, type Done } from './disk.js'
import type { Manifest } from './manifest.js'
import { type Header, type Place, version } from './record.js'
import { hasBegun, headerBytes, headerIn, segmentName } from './segment.js'

/** A segment of the chain, and how much of it counts. */
export interface SegmentLink {
  readonly segment: number
  /** The place up to which it must exist; unknown for the newest segment without a mark. */
  readonly upTo?: Place | undefined
  /** Blocks after `upTo` count if the number of the mark before them is at least this; without it none does. */
  readonly beyond?: number | undefined
  /** The segment before it, if it is missing. */
  readonly missing?: number
}

/** The segments that form a journal, as far as their files exist. */
export interface Chain {
  /** The links, the oldest first. */
  readonly links: readonly SegmentLink[]
  /** The newest segment by the mark, if it is missing. */
  readonly missing?: Place | undefined
  /** Files with the name of a segment that belong to another journal, or are copies of another segment. */
  readonly foreign: readonly number[]
  /** The journal's name according to its segments. */
  readonly journal?: string | undefined
}

/** The facts about a segment before its replay. */
export interface Look {
  readonly segment: number
  readonly header?: Header | undefined
  /** The number of the mark before its first block. */
  readonly mark: number
  /** True where its initial records are complete. Checked only for candidates for the newest, and assumed for the others. */
  readonly hasBegun: boolean
}

/** Looks at segments from the newest on: reads a candidate for the newest fully, and the header of the others. */
export const look = (disk: Disk, segments: readonly number[]): Done<readonly Look[]> => {
  const from = (rest: readonly number[], looks: readonly Look[]): Done<readonly Look[]> => {
    const [segment, ...lower] = rest
    if (segment === undefined) return of(E.right(looks))
    const isOpen = !looks.some((each) => each.hasBegun && isOwn(each))
    return lookAt(disk, segment, isOpen).pipe(andThen((each) => from(lower, [...looks, each])))
  }
  return from(
    [...segments].sort((a, b) => b - a),
    [],
  )
}

/** Returns true for a mark that belongs to these segments. */
export const isMarkOf = (looks: readonly Look[], { journal }: Manifest): boolean => {
  const names = looks.flatMap(({ header }) => header?.journal ?? [])
  return names.length === 0 || names.includes(journal)
}

/**
 * Finds the segments that count: the newest, the one that it names as its predecessor, and so on. The mark names the
 * newest. A segment with a higher number counts if it began after that mark; other higher ones, and those between the
 * segments of the chain, were abandoned when they were written.
 */
export const chain = (looks: readonly Look[], mark: Manifest | undefined, isSure: boolean): Chain => {
  const journal = mark?.journal ?? looks.find(({ header }) => header)?.header?.journal
  const isOurs = (each: Look): boolean => isOwn(each) && (!each.header || each.header.journal === journal)
  const ours = looks.filter(isOurs)
  const foreign = looks.filter((each) => !isOurs(each)).map(({ segment }) => segment)
  const isNewest = ({ segment, mark: before, header, hasBegun }: Look): boolean => {
    if (!mark) return hasBegun
    if (segment === mark.end.segment) return isSure || hasBegun
    if (segment < mark.end.segment) return true
    return hasBegun && (!header || before >= mark.number)
  }
  const top = ours.findIndex(isNewest)
  const marked = mark?.end.segment
  const isGone =
    marked !== undefined && (ours[top]?.segment ?? 0) < marked && !ours.some(({ segment }) => segment === marked)
  let links: readonly SegmentLink[] = []
  let upTo = isGone ? mark?.previous : isSure ? mark?.end : undefined
  let rest = top < 0 ? [] : ours.slice(top)
  for (let each = rest[0]; each; each = rest[0]) {
    const { segment, header } = each
    const isKnown = header !== undefined || segment === marked
    const previous = header ? header.previous : segment === marked ? mark?.previous : undefined
    rest = rest.slice(1).filter((lower) => (previous ? lower.segment <= previous.segment : !isKnown))
    const isNext = previous !== undefined && rest[0]?.segment === previous.segment
    const expected = upTo?.segment === segment ? upTo : undefined
    const beyond = expected && expected !== mark?.end ? undefined : mark?.closed ? mark.number : 0
    links = [
      { segment, upTo: expected, beyond, ...(previous && !isNext ? { missing: previous.segment } : {}) },
      ...links,
    ]
    upTo = isNext ? previous : undefined
  }
  return { links, foreign, journal, ...(isGone ? { missing: mark?.end } : {}) }
}

/** Returns true where the header agrees with the file's name. */
const isOwn = ({ header, segment }: Look): boolean => !header || header.segment === segment

const lookAt = (disk: Disk, segment: number, isOpen: boolean): Done<Look> =>
  disk.read(segmentName(segment), isOpen ? undefined : headerBytes).pipe(
    map((read) => {
      if (E.isLeft(read)) return read
      const bytes = Buffer.from(read.right)
      const found = headerIn(bytes)
      return found && found.header.version !== version
        ? E.left({
            code: 'EVERSION',
            message: `${segmentName(segment)} has version ${found.header.version} of the format`,
          })
        : E.right({ segment, header: found?.header, mark: found?.mark ?? 0, hasBegun: !isOpen || hasBegun(bytes) })
    }),
  )
