import { defer, forkJoin, map } from 'rxjs'
import * as E from '#fp/Either'
import { type Block, blocksOf } from './block.js'
import { chain, type Link } from './chain.js'
import { andThen, type Disk, done, type Done, inTurn } from './disk.js'
import type { Durability } from './durability.js'
import type { JournalStart } from './journal.js'
import { isWhole, type Mark, readMark } from './mark.js'
import { replay, type ReplayParts } from './replay.js'
import { damagedName, recordsIn, segmentName, segmentOf } from './segment.js'

/** What was found in a directory. */
export interface Recovered {
  readonly start: JournalStart
  readonly bases: Map<string, number>
  /** What was wrong. */
  readonly faults: readonly string[]
  /** Whether all is to be written again: something was damaged, or rooms have new epochs. */
  readonly isAnew: boolean
  /** Files that count for nothing. */
  readonly useless: readonly number[]
  readonly boot?: string
}

/** Reads the rooms and sessions that a journal holds, and decides whether their epochs may stay. */
export const recover = (disk: Disk, durability: Durability, parts: ReplayParts): Done<Recovered> =>
  forkJoin([disk.list(), disk.boot(), readMark(disk)]).pipe(
    map(([names, boot, mark]) => {
      if (E.isLeft(names)) return names
      if (E.isLeft(boot)) return boot
      return E.isLeft(mark) ? mark : E.right({ names: names.right, boot: boot.right, mark: mark.right })
    }),
    andThen(({ names, boot, mark }) => {
      const segments = names.flatMap((name) => segmentOf(name) ?? [])
      return chain(disk, segments, mark?.closed).pipe(
        andThen((links) => {
          const found = finding(parts)
          const synced = durability === 'never' ? [] : links
          return inTurn(synced, ({ segment }) => disk.syncFile(segmentName(segment))).pipe(
            andThen(() => inTurn(links, (link) => read(disk, link, found))),
            map((all) => (E.isLeft(all) ? all : E.right(found.finish({ links, segments, mark, boot, durability })))),
          )
        }),
      )
    }),
  )

interface Context {
  readonly links: readonly Link[]
  readonly segments: readonly number[]
  readonly mark: Mark | undefined
  readonly boot: string | undefined
  readonly durability: Durability
}

interface Finding {
  readonly segment: (link: Link, bytes: Buffer) => void
  readonly finish: (context: Context) => Recovered
}

const read = (disk: Disk, link: Link, found: Finding): Done =>
  defer(() => disk.read(segmentName(link.segment))).pipe(
    andThen((bytes) => {
      found.segment(link, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
      return done
    }),
  )

const finding = (parts: ReplayParts): Finding => {
  const rooms = replay(parts)
  const faults: string[] = []
  const damaged = new Set<number>()
  const sizes = new Map<number, number>()
  let missing: number[] = []
  /** Of the last segment: up to where it was known to be on the disk, and what comes after. */
  let synced = 0
  let doubtful: readonly Block[] = []

  const damage = (segment: number, at: number): void => {
    rooms.hole()
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
    segment: ({ segment, bytes: counted, missing: before }, bytes) => {
      if (before !== undefined) missing.push(before)
      if (before !== undefined && sizes.size > 0) rooms.hole()
      const blocks = [...blocksOf(bytes)].filter(({ position }) => position < (counted ?? Infinity))
      let end = 0
      for (const block of blocks) {
        // What is broken at the end was being written. Where something follows, it was there once.
        if (block.position > end) damage(segment, end)
        takeAll(segment, block)
        synced = block.synced
        end = block.end
      }
      if (counted !== undefined && end < counted) damage(segment, end)
      sizes.set(segment, end)
      doubtful = blocks.filter(({ position }) => position > 0 && position >= synced && position < end)
    },
    finish: ({ links, segments, mark, boot, durability }) => {
      missing = missing.filter((segment) => segment >= rooms.oldest())
      for (const segment of missing) faults.push(`${segmentName(segment)} is missing`)
      const isSure = mark ? isWhole(mark, boot) : links.length === 0
      const isDamaged = damaged.size + missing.length > 0
      if (!isDamaged) rooms.prune()
      const rotated = rooms.rotate(!isSure ? 'unsure' : isDamaged ? 'damaged' : 'whole')
      if (rotated > 0 && !isSure) faults.push(unsure(mark))
      if (rotated > 0) faults.push(`${rotated} rooms have a new epoch: messages of theirs may be lost`)
      const last = links.at(-1)?.segment
      const isInDoubt = durability === 'always' && !mark?.closed
      const bytes = isInDoubt ? synced : (sizes.get(last ?? 0) ?? 0)
      return {
        start: {
          segments: sizes,
          damaged,
          next: Math.max(0, ...segments) + 1,
          ...(last === undefined ? {} : { previous: { segment: last, bytes } }),
          carry: isInDoubt ? doubtful.map(({ text }) => text.slice(1, -1)) : [],
        },
        bases: rooms.bases,
        faults,
        isAnew: isDamaged || rotated > 0,
        useless: segments.filter((segment) => !sizes.has(segment)),
        ...(boot === undefined ? {} : { boot }),
      }
    },
  }
}

const unsure = (mark: Mark | undefined): string =>
  mark
    ? `the machine ended while the journal was open with durability ${mark.durability}`
    : 'the file mark is missing or cannot be read'
