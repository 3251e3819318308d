import { readdir, unlink } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { map, of } from 'rxjs'
import * as E from '#fp/Either'
import { asked } from './asked.js'
import { andThen, done, type Done, type Hold, inTurn, undoing, whatever } from './disk.js'
import { type Identity, identityAt, stillAt } from './identity.js'
import { reach, type Way } from './reach.js'

/**
 * Holds a directory for this process by listening on a socket in it, `lock.1` and so on: the system ends that with the
 * process, however it ends, and tells everybody on the machine whether somebody listens, also in other containers. The
 * socket is always in the directory itself: whatever path leads there, the same lock is found.
 *
 * Each takes a number that nobody has, and only then looks whether any other answers: of two that come at once at least one
 * sees the other. `EBUSY` if somebody holds it.
 */
export const lock = (directory: string, way: Way = reach): Done<Hold> =>
  identityAt(directory).pipe(
    andThen((own) => {
      if (isWindows) return listen(pipeOf(own)).pipe(map(E.map((release) => held(directory, own, done, release))))
      return way(directory).pipe(
        andThen(({ path, release }) => taken(path, release)),
        andThen(({ name, letGo }) => named(directory, own, name, letGo)),
      )
    }),
  )

const isWindows = process.platform === 'win32'

/** Where sockets cannot be in a directory they have names made of what identifies it. */
const pipeOf = ({ device, number }: Identity): string => `\\\\.\\pipe\\rx-rooms-${device}-${number}`

const held = (directory: string, own: Identity, lockCheck: Done, release: () => void): Hold => ({
  check: () => stillAt(directory, own).pipe(andThen(() => lockCheck)),
  release,
})

/** A lock that is in the directory that the path leads to, and not only in one that it led to a moment ago. */
const named = (directory: string, own: Identity, name: string, letGo: () => void): Done<Hold> =>
  identityAt(join(directory, name)).pipe(
    map(E.map((socket) => held(directory, own, stillAt(join(directory, name), socket), letGo))),
    andThen((hold) => hold.check().pipe(map(E.map(() => hold)))),
    undoing(() => {
      letGo()
      return done
    }),
  )

interface Taken {
  readonly name: string
  readonly letGo: () => void
}

/** Listens in a folder. `over` is called when the lock was let go, or could not be taken. */
const taken = (folder: string, over: () => void): Done<Taken> => {
  const path = (number: number): string => join(folder, nameOf(number))
  return others(folder).pipe(
    andThen((before) => {
      const number = Math.max(0, ...before) + 1
      return silent(before.map(path)).pipe(
        andThen(() => listen(path(number), over)),
        map(E.map((letGo) => ({ number, letGo }))),
      )
    }),
    undoing(() => {
      over()
      return done
    }),
    andThen(({ number, letGo }) =>
      others(folder, number).pipe(
        andThen((stale) => cleared(stale.map(path))),
        undoing(() => {
          letGo()
          return done
        }),
        map(E.map(() => ({ name: nameOf(number), letGo }))),
      ),
    ),
  )
}

const prefix = 'lock.'
const nameOf = (number: number): string => `${prefix}${number}`

/** The numbers that are taken, by whoever it is but this one. */
const others = (folder: string, mine = 0): Done<readonly number[]> =>
  asked<string[]>((back) => {
    readdir(folder, back)
  }).pipe(
    map(
      E.map((names) =>
        names
          .filter((name) => name.startsWith(prefix))
          .map((name) => Number(name.slice(prefix.length)))
          .filter((number) => Number.isInteger(number) && number !== mine),
      ),
    ),
  )

const cleared = (paths: readonly string[]): Done =>
  silent(paths).pipe(andThen(() => inTurn(paths, (path) => whatever(asked((back) => unlink(path, back))))))

/** `EBUSY` if anybody answers. */
const silent = (paths: readonly string[]): Done =>
  inTurn(paths, (path) => isAnswered(path).pipe(andThen((answered) => (answered ? busy : done))))

const busy = of(E.left({ code: 'EBUSY', message: 'another server uses it' }))

/** How a system says that nobody listens: no process, no file, a file that is no socket. */
const silences: readonly (string | undefined)[] = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']

const isAnswered = (path: string): Done<boolean> =>
  asked((back) => {
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
  asked((back) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      back(error.code === 'EADDRINUSE' ? { ...error, code: 'EBUSY', message: 'another server uses it' } : error)
    })
    server.listen(path, () => {
      server.unref()
      back(null, () => {
        server.close(over)
      })
    })
  })
