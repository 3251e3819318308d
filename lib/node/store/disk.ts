import fs from 'node:fs'
import { bindNodeCallback, catchError, concat, concatMap, map, type Observable, of, throwError, toArray } from 'rxjs'
import { isLocal } from '../local-disk.js'
import { type Answer, askIn, listenIn } from '../local-socket.js'

/** The file system operations of a store. Each starts on subscription, emits once, and errors as Node does. */
export interface Disk {
  readonly makeDirectory: (path: string) => Observable<unknown>
  readonly list: (path: string) => Observable<readonly string[]>
  readonly read: (path: string) => Observable<Buffer>
  /** Returns the time of the last touch, in ms since 1970. */
  readonly touchedAt: (path: string) => Observable<number>
  readonly touch: (path: string, at: number) => Observable<unknown>
  /** Returns an id of a directory, which differs from that of a later one with its name. */
  readonly identity: (path: string) => Observable<string>
  /** Emits true if only processes of this machine can use a directory, as far as is known. */
  readonly isLocal: (path: string) => Observable<boolean>
  /** Listens on a socket in a folder until the process ends or until a call of the emitted function. */
  readonly listen: (folder: string, name: string) => Observable<() => Observable<unknown>>
  /** Asks if a process listens on a socket in a folder. */
  readonly ask: (folder: string, name: string) => Observable<Answer>
  /** Opens a file. `a`: appends to an existing file. `w`: creates the file, or empties it. */
  readonly open: (path: string, flags: 'a' | 'w') => Observable<number>
  /** Writes all bytes. */
  readonly write: (file: number, bytes: Buffer) => Observable<unknown>
  readonly sync: (file: number) => Observable<unknown>
  readonly truncate: (file: number, length: number) => Observable<unknown>
  /** Asks if an open file still has a name: data written to a file without one is lost. */
  readonly isNamed: (file: number) => Observable<boolean>
  readonly close: (file: number) => Observable<unknown>
  /** Gives a file a second name, which must be free: of many concurrent calls one succeeds. */
  readonly link: (path: string, name: string) => Observable<unknown>
  readonly rename: (path: string, name: string) => Observable<unknown>
  readonly remove: (path: string) => Observable<unknown>
  /** Makes created, changed and removed names in a directory durable. */
  readonly syncDirectory: (path: string) => Observable<unknown>
}

const makeDirectory = bindNodeCallback(fs.mkdir) as (
  path: string,
  options: { readonly recursive: true; readonly mode: number },
) => Observable<unknown>
const list = bindNodeCallback<[string], [string[]]>((path, done) => {
  fs.readdir(path, done)
})
const read = bindNodeCallback<[string], [Buffer]>((path, done) => {
  fs.readFile(path, done)
})
const status = bindNodeCallback(fs.stat) as (path: string) => Observable<fs.Stats>
const touch = bindNodeCallback(fs.utimes)
const statusOf = bindNodeCallback(fs.fstat) as (file: number) => Observable<fs.Stats>
const open = bindNodeCallback(fs.open) as (path: string, flags: string | number, mode: number) => Observable<number>
const flagsOf = { a: fs.constants.O_WRONLY | fs.constants.O_APPEND, w: 'w' } as const
const sync = bindNodeCallback(fs.fsync)
const close = bindNodeCallback(fs.close)
const write = bindNodeCallback<[number, Buffer, number, number], [number]>(
  (file: number, bytes: Buffer, offset: number, length: number, done: (error: Error | null, count: number) => void) => {
    fs.write(file, bytes, offset, length, null, done)
  },
)

const writeAll = (file: number, bytes: Buffer, from = 0): Observable<unknown> =>
  write(file, bytes, from, bytes.length - from).pipe(
    concatMap((count) => (from + count < bytes.length ? writeAll(file, bytes, from + count) : of(undefined))),
  )

/** Syncs a directory. Windows cannot open directories; its renames are durable by themselves. */
const syncDirectory = (path: string): Observable<unknown> =>
  process.platform === 'win32'
    ? of(undefined)
    : open(path, 'r', 0).pipe(concatMap((file) => sync(file).pipe(concatMap(() => close(file)))))

/** The platform's file system. */
export const platformDisk: Disk = {
  makeDirectory: (path) => makeDirectory(path, { recursive: true, mode: 0o700 }),
  list,
  read,
  touchedAt: (path) => status(path).pipe(map(({ mtimeMs }) => mtimeMs)),
  touch: (path, at) => touch(path, at / 1000, at / 1000),
  identity: (path) => status(path).pipe(map(({ dev, ino, birthtimeMs }) => `${dev}:${ino}:${birthtimeMs}`)),
  isLocal,
  listen: listenIn,
  ask: askIn,
  open: (path, flags) => open(path, flagsOf[flags], 0o600),
  write: writeAll,
  sync: bindNodeCallback(fs.fdatasync),
  truncate: bindNodeCallback<[number, number], []>((file, length, done) => {
    fs.ftruncate(file, length, done)
  }),
  isNamed: (file) => statusOf(file).pipe(map(({ nlink }) => nlink > 0)),
  close,
  link: bindNodeCallback(fs.link),
  rename: bindNodeCallback(fs.rename),
  remove: bindNodeCallback(fs.unlink),
  syncDirectory,
}

export const hasCode = (thrown: unknown, code: string): boolean => (Object(thrown) as { code?: unknown }).code === code

/** Removes a file, if there is one. */
export const removed = (disk: Disk, path: string): Observable<unknown> =>
  disk
    .remove(path)
    .pipe(catchError((thrown: unknown) => (hasCode(thrown, 'ENOENT') ? of(undefined) : throwError(() => thrown))))

/** Writes a whole file and makes its content durable, but not its name. */
export const writtenFile = (disk: Disk, path: string, bytes: Buffer): Observable<unknown> =>
  disk.open(path, 'w').pipe(
    concatMap((file) =>
      concat(disk.write(file, bytes), disk.sync(file)).pipe(
        toArray(),
        catchError((thrown: unknown) => disk.close(file).pipe(concatMap(() => throwError(() => thrown)))),
        concatMap(() => disk.close(file)),
      ),
    ),
  )
