import * as E from '#fp/Either'
import { map } from 'rxjs'
import { andThen, type Disk, type DiskFile, done, inTurn } from '../../lib/node/files/disk.js'

interface Written {
  readonly bytes: Uint8Array
  readonly position: number
}

/** A disk that is given what was written to a file at the sync, and not before: a process that is killed loses the rest. */
export const forgetful =
  (make: (directory: string) => Disk) =>
  (directory: string): Disk => {
    const disk = make(directory)
    return { ...disk, create: (name) => disk.create(name).pipe(map(E.map(holding))) }
  }

const holding = (file: DiskFile): DiskFile => {
  let held: readonly Written[] = []
  return {
    write: (bytes, position) => {
      held = [...held, { bytes, position }]
      return done
    },
    sync: () => {
      const all = held
      return inTurn(all, ({ bytes, position }) => file.write(bytes, position)).pipe(
        andThen(file.sync),
        andThen(() => {
          held = held.slice(all.length)
          return done
        }),
      )
    },
    named: file.named,
    close: file.close,
  }
}
