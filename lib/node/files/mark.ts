import { map } from 'rxjs'
import * as E from '#fp/Either'
import { guard } from '../../core/guard.js'
import { andThen, type Disk, type Done } from './disk.js'
import { type Durability, durabilities } from './durability.js'
import { type Place, version } from './record.js'

/** Says how the journal is being written, and whether it was closed. */
export interface Mark {
  readonly format: 'rx-rooms'
  readonly version: number
  readonly durability: Durability
  /** The run of the machine in which it was written. */
  readonly boot?: string
  /** Where the journal ended when it was closed; absent while it is open. */
  readonly closed?: Place
}

export const markName = 'mark'
const aside = 'mark.new'

/** Whether all that was acknowledged or shown before is there for certain, as far as the files are sound. */
export const isWhole = ({ durability, boot, closed }: Mark, now: string | undefined): boolean =>
  durability === 'always' || closed !== undefined || (boot !== undefined && boot === now)

/** `undefined` where there is none that can be read. `EVERSION` if it is of another version. */
export const readMark = (disk: Disk): Done<Mark | undefined> =>
  disk.read(markName).pipe(
    map((bytes) => {
      if (E.isLeft(bytes)) return bytes.left.code === 'ENOENT' ? E.right(undefined) : bytes
      const mark = parsed(Buffer.from(bytes.right).toString())
      if (!mark || mark.version === version) return E.right(mark)
      return E.left({ code: 'EVERSION', message: `the directory has version ${mark.version} of the format` })
    }),
  )

/** Written aside and renamed, so that there is always a whole one. */
export const writeMark = (disk: Disk, mark: Omit<Mark, 'format' | 'version'>): Done =>
  disk.remove(aside).pipe(
    // It is only there after an end in between.
    map(() => E.right(undefined)),
    andThen(() => disk.create(aside)),
    andThen((file) =>
      file
        .write(Buffer.from(JSON.stringify({ format: 'rx-rooms', version, ...mark })), 0)
        .pipe(andThen(file.sync), andThen(file.close)),
    ),
    andThen(() => disk.rename(aside, markName)),
    andThen(disk.sync),
  )

const parsed = (text: string): Mark | undefined => {
  const value = guard(() => JSON.parse(text) as Partial<Mark> | null)
  if (E.isLeft(value) || value.right?.format !== 'rx-rooms' || typeof value.right.version !== 'number') return undefined
  const { durability } = value.right
  const isKnown = value.right.version !== version || (durability !== undefined && durabilities.includes(durability))
  return isKnown ? (value.right as Mark) : undefined
}
