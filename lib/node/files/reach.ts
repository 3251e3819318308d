import { close, mkdtemp, open, rmdir, symlink, unlink } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { map, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import { fromCallback } from './from-callback.js'
import { andThen, type Done, undoing, whatever } from './disk.js'
import { identityAt, stillAt } from './identity.js'

/** A path to a directory, valid until its release. */
export interface Reach {
  readonly path: string
  readonly release: () => void
}

export type Way = (directory: string) => Done<Reach>

/** Maximum bytes of a socket's path that every system allows. */
const longestPath = 103

const isShort = (path: string, nameBytes = 14): boolean => Buffer.byteLength(path) + 1 + nameBytes <= longestPath

/** Finds a path to a directory that is short enough for sockets with names of `nameBytes` bytes, however long its own is. */
export const reachFor =
  (nameBytes: number): Way =>
  (directory) => {
    if (isShort(directory, nameBytes)) return direct(directory)
    return byDescriptor(directory).pipe(switchMap((found) => (E.isRight(found) ? [found] : byLink(directory))))
  }

export const reach: Way = /*#__PURE__*/ reachFor(14)

const direct: Way = (directory) =>
  identityAt(directory).pipe(map(E.map(() => ({ path: directory, release: () => undefined }))))

/** Uses an open descriptor, where the system shows descriptors as files. */
export const byDescriptor: Way = (directory) =>
  fromCallback<number>((back) => {
    open(directory, 'r', back)
  }).pipe(
    andThen((descriptor) => {
      const path = `/proc/self/fd/${descriptor}`
      const shut = (back: (error: NodeJS.ErrnoException | null) => void): void => {
        close(descriptor, back)
      }
      return identityAt(directory).pipe(
        andThen((own) => stillAt(path, own)),
        map(
          E.map(() => ({
            path,
            release: () => {
              shut(() => undefined)
            },
          })),
        ),
        undoing(() => whatever(fromCallback(shut))),
      )
    }),
  )

/** Uses a symbolic link in a new folder that only this user may enter. */
export const byLink: Way = (directory) =>
  fromCallback<string>((back) => {
    mkdtemp(join(isShort(join(tmpdir(), 'rx-rooms-123456')) ? tmpdir() : '/tmp', 'rx-rooms-'), back)
  }).pipe(
    andThen((folder) => {
      const path = join(folder, 'd')
      const release = (): void => {
        unlink(path, () => {
          rmdir(folder, () => undefined)
        })
      }
      return fromCallback((back) => {
        symlink(directory, path, back)
      }).pipe(map(E.map(() => ({ path, release }))))
    }),
  )
