import fs from 'node:fs'
import { bindNodeCallback, catchError, forkJoin, map, type Observable, of } from 'rxjs'

/** Linux file system types, as in `statfs`, of which only one kernel at a time uses a disk. */
const localTypes: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x2fc12fc1, // zfs
  0xf2f52010, // f2fs
  0xca451a4e, // bcachefs
  0x3153464a, // jfs
  0x52654973, // reiserfs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlayfs, the file system of a container
])

const typeOf = bindNodeCallback(fs.statfs) as (path: string) => Observable<fs.StatsFs>
const realpath = bindNodeCallback(fs.realpath.native) as (path: string) => Observable<string>

/**
 * Returns true for a directory that only processes of this machine can use. Only there does a refused connection to a
 * socket prove that its process has ended: on a network file system the process may run on another machine. Emits once;
 * `false` where it is unknown.
 */
export const isLocal = (path: string): Observable<boolean> => known(path).pipe(catchError(() => of(false)))

const known = (path: string): Observable<boolean> => {
  if (process.platform === 'linux') return typeOf(path).pipe(map(({ type }) => localTypes.has(type)))
  if (process.platform === 'win32') return realpath(path).pipe(map((real) => !real.startsWith('\\\\')))
  // Type numbers differ between other systems; the root file system is local.
  return forkJoin([typeOf(path), typeOf('/')]).pipe(map(([here, root]) => here.type === root.type))
}
