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
 * Holds a directory for this process by listening on a socket in it, `lock.` and some letters: the system ends that with the
 * process, however it ends, and tells everybody on the machine whether somebody listens, also in other containers. The
 * socket is always in the directory itself: whatever path leads there, the same lock is found.
 *
 * Each takes a name that nobody ever had, and only then looks whether any other answers: of two that come at once at least
 * one sees the other. The system removes a socket by its name at the end, and that must not be the name of another.
 * `EBUSY` if somebody holds it.
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

/** Where sockets cannot be in a directory they have names made of what identifies it. */
const pipeOf = ({ device, number }: Identity): string => `\\\\.\\pipe\\rx-rooms-${device}-${number}`

/** A lock that is in the directory that the path leads to, and not only in one that it led to a moment ago. */
const named = (directory: string, own: Identity, { name, letGo }: Taken): Done<Hold> => {
  const path = join(directory, name)
  return identityAt(path).pipe(
    andThen((socket) => stillAt(directory, own).pipe(map(E.map(() => socket)))),
    // Where the socket is, there is the directory.
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

/** Listens in a folder. `over` is called when the lock was let go, or could not be taken. */
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

/** The names that are taken, by whoever it is. */
const locks = (folder: string): Done<readonly string[]> =>
  fromCallback<string[]>((back) => {
    readdir(folder, back)
  }).pipe(map(E.map((names) => names.filter((name) => name.startsWith(prefix)))))

const cleared = (paths: readonly string[]): Done =>
  silent(paths).pipe(andThen(() => inTurn(paths, (path) => whatever(fromCallback((back) => unlink(path, back))))))

/** `EBUSY` if anybody answers. */
const silent = (paths: readonly string[]): Done =>
  inTurn(paths, (path) => isAnswered(path).pipe(andThen((answered) => (answered ? busy : done))))

const busy = of(E.left({ code: 'EBUSY', message: 'another server uses it' }))

/** How a system says that nobody listens: no process, no file, a file that is no socket. */
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
    // `exclusive`: a worker of a cluster listens itself; otherwise its primary would, in directories of its own.
    server.listen({ path, exclusive: true }, () => {
      server.unref()
      back(null, () => {
        server.close(over)
      })
    })
  })
