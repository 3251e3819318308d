import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { map } from 'rxjs'
import * as E from '#fp/Either'
import { fromCallback, type Back } from './from-callback.js'
import { andThen, type Disk, type DiskFile, done, type Done, undoing } from './disk.js'
import { identity, stillAt } from './identity.js'
import { lock } from './lock.js'

/** Creates a disk for a directory of this machine. */
export const nodeDisk = (given: string): Disk => {
  // Resolved now, because the process may change its working directory later.
  const directory = resolve(given)
  const at = (name: string): string => join(directory, name)
  return {
    hold: () =>
      fromCallback<unknown>((back) => fs.mkdir(directory, ownersOnly, back)).pipe(andThen(() => lock(directory))),
    list: () => fromCallback((back) => fs.readdir(directory, back)),
    read: (name, bytes) =>
      bytes === undefined ? fromCallback((back) => fs.readFile(at(name), back)) : start(at(name), bytes),
    create: (name) => open(at(name), 'wx').pipe(andThen((descriptor) => file(descriptor, at))),
    rename: (from, to) => fromCallback((back) => fs.rename(at(from), at(to), back)),
    remove: (name) => fromCallback((back) => fs.unlink(at(name), back)),
    syncFile: (name) => opened(at(name), 'r+', (descriptor) => fromCallback((back) => fs.fdatasync(descriptor, back))),
    sync: () =>
      canSyncFolders
        ? opened(directory, 'r', (descriptor) => fromCallback((back) => fs.fsync(descriptor, back)))
        : done,
    boot: () =>
      fromCallback<Buffer>((back) => fs.readFile('/proc/sys/kernel/random/boot_id', back)).pipe(
        map((id) => E.right(E.isRight(id) ? id.right.toString().trim() : undefined)),
      ),
  }
}

const ownersOnly = { recursive: true, mode: 0o700 } as const

const canSyncFolders = process.platform !== 'win32'

const open = (path: string, flags: string): Done<number> => fromCallback((back) => fs.open(path, flags, 0o600, back))

const opened = <T>(path: string, flags: string, use: (descriptor: number) => Done<T>): Done<T> =>
  open(path, flags).pipe(
    andThen((descriptor) => {
      const close = (): Done => fromCallback((back) => fs.close(descriptor, back))
      return use(descriptor).pipe(
        undoing(close),
        andThen((value) => close().pipe(map(E.map(() => value)))),
      )
    }),
  )

const start = (path: string, most: number): Done<Uint8Array> =>
  opened(path, 'r', (descriptor) => {
    const bytes = Buffer.alloc(most)
    return fromCallback<number>((back) => fs.read(descriptor, bytes, 0, most, 0, back)).pipe(
      map(E.map((read) => bytes.subarray(0, read))),
    )
  })

const file = (descriptor: number, at: (name: string) => string): Done<DiskFile> =>
  fromCallback<fs.BigIntStats>((back) => {
    fs.fstat(descriptor, { bigint: true }, back)
  }).pipe(
    map(E.map(identity)),
    map(
      E.map((own) => ({
        write: (bytes: Uint8Array, position: number) =>
          fromCallback((back) => {
            writeAll(descriptor, bytes, position, back)
          }),
        sync: () => fromCallback((back) => fs.fdatasync(descriptor, back)),
        named: (name: string) => stillAt(at(name), own),
        close: () => fromCallback((back) => fs.close(descriptor, back)),
      })),
    ),
    undoing(() => fromCallback((back) => fs.close(descriptor, back))),
  )

/** Writes all bytes: the system may take fewer than given. */
const writeAll = (descriptor: number, bytes: Uint8Array, position: number, back: Back<void>): void => {
  fs.write(descriptor, bytes, 0, bytes.length, position, (error, written) => {
    if (error || written === bytes.length) back(error)
    else writeAll(descriptor, bytes.subarray(written), position + written, back)
  })
}
