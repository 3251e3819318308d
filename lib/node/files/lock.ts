import { readdir, unlink } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { map, of } from 'rxjs'
import * as E from '#fp/Either'
import { token } from '../../core/ids.js'
import { fromCallback } from './from-callback.js'
import { andThen, done, type Done, type Hold, inTurn, undoing, whatever } from './disk.js'
import { type Identity, identityAt, stillAt } from './identity.js'
import { reach, type Way } from './reach.js'

/**
 * Holds a directory for this process by listening on a socket in it, `lock.` and some letters. The system closes the
 * socket with the process, however it ends, and tells every process on the machine if a holder listens, even in other
 * containers. The socket is always in the directory itself: every path to it leads to the same lock.
 *
 * Each process takes a new name, and only then checks the others: of two that come at once at least one sees the other.
 * The system removes a socket by its name at the end, which must not be the name of another. Fails with `EBUSY` if
 * another process holds the directory.
 */
export const lock = (directory: string, way: Way = reach): Done<Hold> =>
  identityAt(directory).pipe(
    andThen((own) => {
      if (isWindows)
        return listen(pipeOf(own)).pipe(map(E.map((release) => ({ check: () => stillAt(directory, own), release }))))
      return way(directory).pipe(
        andThen(({ path, release }) => taken(path, release)),
        andThen((socket) => named(directory, own, socket)),
      )
    }),
  )

const isWindows = process.platform === 'win32'

/** Names a pipe after the directory's identity, on systems without sockets in directories. */
const pipeOf = ({ device, number }: Identity): string => `\\\\.\\pipe\\rx-rooms-${device}-${number}`

/** Checks that the lock is in the directory that the path leads to now, and not only in one that it led to before. */
const named = (directory: string, own: Identity, { name, letGo }: Taken): Done<Hold> => {
  const path = join(directory, name)
  return identityAt(path).pipe(
    andThen((socket) => stillAt(directory, own).pipe(map(E.map(() => socket)))),
    // The directory is where the socket is.
    map(E.map((socket) => ({ check: () => stillAt(path, socket), release: letGo }))),
    undoing(() => {
      letGo()
      return done
    }),
  )
}

interface Taken {
  readonly name: string
  readonly letGo: () => void
}

/** Listens in a folder. Calls `over` when the lock is released, or could not be taken. */
const taken = (folder: string, over: () => void): Done<Taken> => {
  const path = (each: string): string => join(folder, each)
  const name = `${prefix}${token(8)}`
  return locks(folder).pipe(
    andThen((before) => silent(before.map(path))),
    andThen(() => listen(path(name), over)),
    undoing(() => {
      over()
      return done
    }),
    andThen((letGo) =>
      locks(folder).pipe(
        andThen((all) => cleared(all.filter((each) => each !== name).map(path))),
        undoing(() => {
          letGo()
          return done
        }),
        map(E.map(() => ({ name, letGo }))),
      ),
    ),
  )
}

const prefix = 'lock.'

/** Returns the names of all locks in the folder. */
const locks = (folder: string): Done<readonly string[]> =>
  fromCallback<string[]>((back) => {
    readdir(folder, back)
  }).pipe(map(E.map((names) => names.filter((name) => name.startsWith(prefix)))))

const cleared = (paths: readonly string[]): Done =>
  silent(paths).pipe(andThen(() => inTurn(paths, (path) => whatever(fromCallback((back) => unlink(path, back))))))

/** Fails with `EBUSY` if a process answers. */
const silent = (paths: readonly string[]): Done =>
  inTurn(paths, (path) => isAnswered(path).pipe(andThen((answered) => (answered ? busy : done))))

const busy = of(E.left({ code: 'EBUSY', message: 'another server uses it' }))

/** The system's codes for an absent listener: no process, no file, a file that is no socket. */
const silences: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']

const isAnswered = (path: string): Done<boolean> =>
  fromCallback((back) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      back(null, true)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      back(null, !silences.includes(code))
    })
  })

const listen = (path: string, over: () => void = () => undefined): Done<() => void> =>
  fromCallback((back) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      back(error.code === 'EADDRINUSE' ? { ...error, code: 'EBUSY', message: 'another server uses it' } : error)
    })
    // `exclusive`: a worker of a cluster listens itself; otherwise its primary would listen, in directories of its own.
    server.listen({ path, exclusive: true }, () => {
      server.unref()
      back(null, () => {
        server.close(over)
      })
    })
  })
