import { map } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { blockAt, blockOf } from './block.js'
import type { Disk, DiskFailure, Done } from './disk.js'
import { type Durability, durabilities } from './durability.js'
import { type Place, version } from './record.js'

/**
 * Records, outside the journal, its durability and its end: without it, recovery could not tell a complete journal from
 * one whose end is missing.
 *
 * The file has three blocks at fixed positions. The first is written with the file; the other two take turns, so that
 * an interrupted write leaves the earlier one. The intact block with the highest number counts.
 */
export interface Manifest {
  readonly format: 'rx-rooms'
  readonly version: number
  /** The name of the journal. */
  readonly journal: string
  /** The number of the mark in its journal. Each block of the journal holds the number of the mark before it. */
  readonly number: number
  readonly durability: Durability
  /** The id of the machine's run in which it was written. */
  readonly boot?: string
  /** The end of the journal: everything before was acknowledged, or may have been. */
  readonly end: Place
  /** The place before the segment of `end`, as in its header. */
  readonly previous?: Place | undefined
  /** True if the journal was closed: nothing was written after it. */
  readonly closed: boolean
}

/** The result of reading the mark. A file that is no mark, or without an intact block, is damaged. */
export type ManifestFound =
  | { readonly _tag: 'Mark'; readonly mark: Manifest }
  | { readonly _tag: 'None' }
  | { readonly _tag: 'Damaged' }

export const manifestName = 'mark'

/** Positions of the blocks in the file: so far apart that no sector holds parts of two. */
export const manifestPositions = [0, 4_096, 8_192] as const

/** Encodes the block of a mark for one of the positions. */
export const manifestBlock = (mark: Omit<Manifest, 'format' | 'version'>, position: number): Buffer =>
  blockOf(JSON.stringify({ format: 'rx-rooms', version, ...mark }), { position, synced: 0, mark: mark.number })

/** Returns true where all acknowledged and delivered content is certainly there, as far as the files are intact. */
export const isWhole = ({ durability, boot, closed }: Manifest, now: string | undefined): boolean =>
  durability === 'always' || closed || (boot !== undefined && boot === now)

/** Reads the mark. Fails with `EVERSION` if it is of another version. */
export const readManifest = (disk: Disk): Done<ManifestFound> =>
  disk.read(manifestName).pipe(
    map((read): E.Either<DiskFailure, ManifestFound> => {
      if (E.isLeft(read)) return read.left.code === 'ENOENT' ? E.right({ _tag: 'None' }) : read
      const bytes = Buffer.from(read.right)
      const texts = [
        ...manifestPositions.flatMap((position) => blockAt(bytes, position)?.text ?? []),
        firstVersion(bytes),
      ]
      const marks = texts.flatMap((text) => parsed(text) ?? []).sort((a, b) => b.number - a.number)
      const other = marks.find((mark) => mark.version !== version)
      if (other)
        return E.left({ code: 'EVERSION', message: `the directory has version ${other.version} of the format` })
      const [mark] = marks
      return E.right(mark && durabilities.includes(mark.durability) ? { _tag: 'Mark', mark } : { _tag: 'Damaged' })
    }),
  )

/** Returns the text of the first version of the format, which was JSON alone. */
const firstVersion = (bytes: Buffer): string => (bytes[0] === 0x7b ? bytes.toString() : '')

const parsed = (text: string): Manifest | undefined => {
  const value = guard(() => JSON.parse(text) as Partial<Manifest> | null)
  return E.isRight(value) && value.right?.format === 'rx-rooms' && typeof value.right.version === 'number'
    ? (value.right as Manifest)
    : undefined
}
