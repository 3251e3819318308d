import { defer, forkJoin, map } from 'rxjs'
import * as E from '#fp/Either'
import { blocksOf } from './block.js'
import { type Chain, chain, isMarkOf, type SegmentLink, look } from './chain.js'
import { andThen, type Disk, done, type Done, inTurn } from './disk.js'
import type { Durability } from './durability.js'
import { type Finding, finding, type Findings } from './finding.js'
import type { JournalStart } from './journal.js'
import { isWhole, type Manifest, manifestName, type ManifestFound, readManifest } from './manifest.js'
import { replay, type ReplayParts } from './replay.js'
import { damagedName, damagedSegmentOf, segmentName, segmentOf } from './segment.js'

/** The state recovered from a directory. */
export interface Recovered {
  readonly start: JournalStart
  readonly bases: Map<string, number>
  /** Faults found during recovery. */
  readonly faults: readonly string[]
  /** True where everything must be rewritten: a file was damaged, or rooms have new epochs. */
  readonly isAnew: boolean
  /** Files that count for nothing. */
  readonly useless: readonly Useless[]
  readonly boot?: string
  /** The number of the last mark. */
  readonly mark: number
  /** The name under which an untrustworthy mark is kept. */
  readonly keepMarkAs?: string
}

export interface Useless {
  readonly segment: number
  /** True where the file may be evidence of damage. */
  readonly isKept: boolean
}

export interface RecoveryOptions {
  readonly durability: Durability
  /** True where every room begins a new epoch regardless. */
  readonly newEpochs: boolean
  /** Returns a name for a journal. */
  readonly ids: () => string
}

/** Recovers the rooms and sessions of a journal, and decides which rooms keep their epochs. */
export const recover = (disk: Disk, options: RecoveryOptions, parts: ReplayParts): Done<Recovered> =>
  forkJoin([disk.list(), disk.boot(), readManifest(disk)]).pipe(
    map(([names, boot, mark]) => {
      if (E.isLeft(names)) return names
      if (E.isLeft(boot)) return boot
      return E.isLeft(mark) ? mark : E.right({ names: names.right, boot: boot.right, found: mark.right })
    }),
    andThen(({ names, boot, found }) => {
      const segments = names.flatMap((name) => segmentOf(name) ?? [])
      return look(disk, segments).pipe(
        andThen((looks) => {
          const trust = trustOf(found, (mark) => isMarkOf(looks, mark))
          const { mark } = trust
          const isSure = mark !== undefined && isWhole(mark, boot)
          const chained = chain(looks, mark, isSure)
          const rooms = replay(parts)
          const read = finding(rooms)
          const synced = options.durability === 'never' ? [] : chained.links
          return inTurn(synced, ({ segment }) => disk.syncFile(segmentName(segment))).pipe(
            andThen(() => inTurn(chained.links, (link) => readLink(disk, link, read))),
            map((all) => {
              if (E.isLeft(all)) return all
              const context = { names, segments, boot, chained, trust, isSure, options, rooms, findings: read.end() }
              return E.right(recovered(context))
            }),
          )
        }),
      )
    }),
  )

const readLink = (disk: Disk, link: SegmentLink, found: Finding): Done =>
  defer(() => disk.read(segmentName(link.segment))).pipe(
    andThen((bytes) => {
      found.segment(link, [...blocksOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))])
      return done
    }),
  )

/** A usable mark, or the reason why there is none. */
interface Trust {
  readonly mark?: Manifest
  readonly why?: 'is missing' | 'cannot be read' | 'belongs to another directory' | 'is older than the journal'
}

const trustOf = (found: ManifestFound, isOwn: (mark: Manifest) => boolean): Trust => {
  if (found._tag === 'None') return { why: 'is missing' }
  if (found._tag === 'Damaged') return { why: 'cannot be read' }
  return isOwn(found.mark) ? { mark: found.mark } : { why: 'belongs to another directory' }
}

interface Context {
  readonly names: readonly string[]
  readonly segments: readonly number[]
  readonly boot: string | undefined
  readonly chained: Chain
  readonly trust: Trust
  /** True where nothing can be missing, as far as the files are intact. */
  readonly isSure: boolean
  readonly options: RecoveryOptions
  readonly rooms: ReturnType<typeof replay>
  readonly findings: Findings
}

const recovered = (context: Context): Recovered => {
  const { names, segments, boot, chained, trust, options, rooms, findings } = context
  const { mark } = trust
  const { sizes, damaged } = findings
  const isOld = context.isSure && mark !== undefined && findings.mark > mark.number
  const wrongMark = isOld ? 'is older than the journal' : trust.why
  const isSure = context.isSure && !isOld
  const gone = [
    ...findings.missing.filter((segment) => segment >= rooms.oldest()),
    ...(chained.missing ? [chained.missing.segment] : []),
  ]
  if (chained.missing) rooms.hole()
  const isDamaged = damaged.size + gone.length > 0
  if (!isDamaged) rooms.prune()
  const isNew = segments.length === 0 && mark === undefined && wrongMark === 'is missing'
  const isVoid = !isSure && !isNew
  const rotated = rooms.rotate(isVoid || options.newEpochs ? 'unsure' : isDamaged ? 'damaged' : 'whole')
  const keepMarkAs = wrongMark && wrongMark !== 'is missing' ? freeName(names, damagedName(manifestName)) : undefined
  const reasons = [
    ...(mark && !wrongMark && isVoid && rotated > 0
      ? [`the machine ended while the journal was open with durability ${mark.durability}`]
      : []),
    ...(wrongMark && (keepMarkAs || rotated > 0)
      ? [`the file mark ${wrongMark}${keepMarkAs ? `; it is kept as ${keepMarkAs}` : ''}`]
      : []),
    ...(options.newEpochs && rotated > 0 ? ['new epochs were asked for'] : []),
  ]
  const isEvidence = isDamaged || wrongMark !== undefined || chained.foreign.length > 0
  const useless = segments.filter((segment) => !sizes.has(segment))
  return {
    start: {
      journal: chained.journal ?? mark?.journal ?? options.ids(),
      segments: sizes,
      damaged,
      next:
        Math.max(0, ...segments, ...names.flatMap((name) => damagedSegmentOf(name) ?? []), mark?.end.segment ?? 0) + 1,
      ...going(context, isSure),
    },
    bases: rooms.bases,
    faults: [
      ...findings.faults,
      ...gone.map((segment) => `${segmentName(segment)} is missing`),
      ...chained.foreign.map(foreign),
      ...reasons,
      ...(rotated > 0 ? [`${rotated} rooms have a new epoch: messages of theirs may be lost`] : []),
    ],
    isAnew: isDamaged || rotated > 0,
    useless: useless.map((segment) => ({ segment, isKept: isEvidence })),
    mark: Math.max(mark?.number ?? 0, findings.mark),
    ...(boot === undefined ? {} : { boot }),
    ...(keepMarkAs === undefined ? {} : { keepMarkAs }),
  }
}

/**
 * Finds where the journal continues. The next segment's header names its expected predecessor, even if that is missing
 * now: if this start is interrupted, the next one finds the same damage.
 */
const going = (
  { chained, trust, options, findings }: Context,
  isSure: boolean,
): Pick<JournalStart, 'previous' | 'carry'> => {
  const expected = chained.missing ?? (isSure ? findings.short : undefined)
  if (expected) return { previous: expected, carry: [] }
  if (options.durability !== 'always' || trust.mark?.closed) return { previous: findings.end, carry: [] }
  return { previous: findings.synced, carry: findings.doubtful.map(({ text }) => text.slice(1, -1)) }
}

const foreign = (segment: number): string => {
  const name = segmentName(segment)
  return `${name} is not a file of this journal; it is kept as ${damagedName(name)}`
}

const freeName = (names: readonly string[], name: string, number = 1): string => {
  const free = number === 1 ? name : `${name}.${number}`
  return names.includes(free) ? freeName(names, name, number + 1) : free
}
