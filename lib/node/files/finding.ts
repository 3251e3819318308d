import type { Block } from './block.js'
import type { SegmentLink } from './chain.js'
import type { Place } from './record.js'
import type { Replay } from './replay.js'
import { damagedName, recordsIn, segmentName } from './segment.js'

/** Replays the segments of a journal, the oldest first, and records their faults. */
export interface Finding {
  readonly segment: (link: SegmentLink, blocks: readonly Block[]) => void
  readonly end: () => Findings
}

/** The findings in the segments of a journal. */
export interface Findings {
  readonly faults: readonly string[]
  readonly damaged: ReadonlySet<number>
  /** Segments that others name as their predecessor, and that are missing. */
  readonly missing: readonly number[]
  /** Bytes of each segment, the oldest first. */
  readonly sizes: ReadonlyMap<number, number>
  /** The highest number of a mark in a block. */
  readonly mark: number
  /** The end of the last segment, and the place up to which it was synced. */
  readonly end: Place | undefined
  readonly synced: Place | undefined
  /** The blocks between those places. */
  readonly doubtful: readonly Block[]
  /** The expected end of the last segment, if it ends elsewhere. */
  readonly short: Place | undefined
}

export const finding = (rooms: Replay): Finding => {
  const faults: string[] = []
  const damaged = new Set<number>()
  const missing: number[] = []
  const sizes = new Map<number, number>()
  let mark = 0
  let last:
    | { readonly segment: number; readonly blocks: readonly Block[]; readonly short: Place | undefined }
    | undefined

  const damage = (segment: number, at: number): void => {
    rooms.hole()
    if (damaged.has(segment)) return
    damaged.add(segment)
    const name = segmentName(segment)
    faults.push(`${name} is damaged at byte ${at}; it is kept as ${damagedName(name)}`)
  }
  const takeAll = (segment: number, block: Block): void => {
    const records = recordsIn(block)
    if (!records) damage(segment, block.position)
    else for (const record of records) rooms.take(record, segment)
  }

  return {
    segment: ({ segment, upTo, beyond, missing: before }, all) => {
      if (before !== undefined) missing.push(before)
      if (before !== undefined && sizes.size > 0) rooms.hole()
      const isCounted = ({ position, mark: after }: Block): boolean =>
        upTo === undefined || position < upTo.bytes || (beyond !== undefined && after >= beyond)
      const blocks = all.filter(isCounted)
      let end = 0
      for (const block of blocks) {
        // A gap before an intact block was intact once.
        if (block.position > end) damage(segment, end)
        takeAll(segment, block)
        mark = Math.max(mark, block.mark)
        end = block.end
      }
      // An incomplete end was being written, unless a mark says that it existed.
      const isShort = upTo !== undefined && end < upTo.bytes
      if (isShort) damage(segment, end)
      const isOther = upTo !== undefined && !isShort && checkAt(blocks, upTo.bytes) !== upTo.check
      if (isOther) {
        damage(segment, upTo.bytes)
        rooms.distrust()
      }
      sizes.set(segment, end)
      last = { segment, blocks, short: isShort || isOther ? upTo : undefined }
    },
    end: () => {
      const placeAt = (bytes: number): Place | undefined =>
        last && { segment: last.segment, bytes, check: checkAt(last.blocks, bytes) }
      const [newest] = last?.blocks.slice(-1) ?? []
      const end = newest?.end ?? 0
      const synced = newest?.synced ?? 0
      const doubtful = last?.blocks.filter(({ position }) => position > 0 && position >= synced) ?? []
      return {
        faults,
        damaged,
        missing,
        sizes,
        mark,
        end: placeAt(end),
        synced: placeAt(synced),
        doubtful,
        short: last?.short,
      }
    },
  }
}

/** Returns the checksum of the block that ends at a position. */
const checkAt = (blocks: readonly Block[], end: number): number => blocks.find((block) => block.end === end)?.check ?? 0
