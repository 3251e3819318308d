import { map } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { blockAt, blockOf } from './block.js'
import type { Disk, DiskFailure, Done } from './disk.js'
import { type Durability, durabilities } from './durability.js'
import { type Place, version } from './record.js'

/**
 * Says from outside the journal how it is written and how far it goes: without it nobody could tell the end of a journal
 * from a journal whose end is gone.
 *
 * A file of three blocks at fixed positions. The first is written when the file is made; the other two take turns, so that
 * a write that breaks off leaves the one before. The sound block with the highest number counts.
 */
export interface Manifest {
  readonly format: 'rx-rooms'
  readonly version: number
  /** Names the journal. */
  readonly journal: string
  /** Counts the marks of a journal. Each block of the journal holds the number of the mark before it. */
  readonly number: number
  readonly durability: Durability
  /** The run of the machine in which it was written. */
  readonly boot?: string
  /** Where the journal ends: everything before was acknowledged, or may have been. */
  readonly end: Place
  /** The place before the segment of `end`, as its header says it. */
  readonly previous?: Place | undefined
  /** True if the journal was closed: then nothing was written after it. */
  readonly closed: boolean
}

/** A file that is no mark is damaged; so is one of which no block is sound. */
export type ManifestFound =
  { readonly _tag: 'Mark'; readonly mark: Manifest } | { readonly _tag: 'None' } | { readonly _tag: 'Damaged' }

export const manifestName = 'mark'

/** Where the blocks of the file are: far enough from each other that no sector holds parts of two. */
export const manifestPositions = [0, 4_096, 8_192] as const

/** The block of a mark at one of the positions. */
export const manifestBlock = (mark: Omit<Manifest, 'format' | 'version'>, position: number): Buffer =>
  blockOf(JSON.stringify({ format: 'rx-rooms', version, ...mark }), { position, synced: 0, mark: mark.number })

/** Whether all that was acknowledged or shown before is there for certain, as far as the files are sound. */
export const isWhole = ({ durability, boot, closed }: Manifest, now: string | undefined): boolean =>
  durability === 'always' || closed || (boot !== undefined && boot === now)

/** `EVERSION` if it is of another version. */
export const readManifest = (disk: Disk): Done<ManifestFound> =>
  disk.read(manifestName).pipe(
    map((read): E.Either<DiskFailure, ManifestFound> => {
      if (E.isLeft(read)) return read.left.code === 'ENOENT' ? E.right({ _tag: 'None' }) : read
      const bytes = Buffer.from(read.right)
      const texts = [...manifestPositions.flatMap((position) => blockAt(bytes, position)?.text ?? []), firstVersion(bytes)]
      const marks = texts.flatMap((text) => parsed(text) ?? []).sort((a, b) => b.number - a.number)
      const other = marks.find((mark) => mark.version !== version)
      if (other)
        return E.left({ code: 'EVERSION', message: `the directory has version ${other.version} of the format` })
      const [mark] = marks
      return E.right(mark && durabilities.includes(mark.durability) ? { _tag: 'Mark', mark } : { _tag: 'Damaged' })
    }),
  )

/** The first version of the format was JSON alone. */
const firstVersion = (bytes: Buffer): string => (bytes[0] === 0x7b ? bytes.toString() : '')

const parsed = (text: string): Manifest | undefined => {
  const value = guard(() => JSON.parse(text) as Partial<Manifest> | null)
  return E.isRight(value) && value.right?.format === 'rx-rooms' && typeof value.right.version === 'number'
    ? (value.right as Manifest)
    : undefined
}
