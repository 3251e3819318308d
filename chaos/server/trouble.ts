import * as E from '#fp/Either'
import { map, of, switchMap, timer } from 'rxjs'
import type { Disk, DiskFile, Done } from '../../lib/node/files/disk.js'

/** What is wrong with a disk now. */
export interface DiskTrouble {
  isFull: boolean
  slowSyncMs: number
}

/** A disk that takes long, or is full, while it is told to be. */
export const troubled =
  (make: (directory: string) => Disk, trouble: DiskTrouble) =>
  (directory: string): Disk => {
    const disk = make(directory)
    const full = <T>(): Done<T> => of(E.left({ code: 'ENOSPC', message: 'no space left on device' }))
    const slow = (file: DiskFile): DiskFile => ({
      ...file,
      write: (bytes, position) => (trouble.isFull ? full() : file.write(bytes, position)),
      sync: () => (trouble.slowSyncMs > 0 ? timer(trouble.slowSyncMs).pipe(switchMap(() => file.sync())) : file.sync()),
    })
    return {
      ...disk,
      create: (name) => (trouble.isFull ? full() : disk.create(name).pipe(map(E.map(slow)))),
    }
  }
