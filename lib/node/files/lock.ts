import { createHash } from 'node:crypto'
import { readdir, unlink } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { map, of } from 'rxjs'
import * as E from '#fp/Either'
import { asked } from './asked.js'
import { andThen, done, type Done, inTurn, undoing, whatever } from './disk.js'

/**
 * Holds a directory for this process by listening on a socket in it, `lock.1` and so on: the system ends that with the
 * process, however it ends, and tells everybody on the machine whether somebody listens, also in other containers.
 *
 * Each takes a number that nobody has, and only then looks whether any other answers: of two that come at once at least one
 * sees the other. Answers how to let go; `EBUSY` if somebody holds it.
 */
export const lock = (directory: string): Done<() => void> => {
  const place = placeOf(directory)
  if (isWindows) return listen(place.path(1))
  return others(place).pipe(
    andThen((before) => {
      const number = Math.max(0, ...before) + 1
      return silent(before.map(place.path)).pipe(
        andThen(() => listen(place.path(number))),
        andThen((release) =>
          others(place, number).pipe(
            andThen((stale) => cleared(stale.map(place.path))),
            undoing(() => {
              release()
              return done
            }),
            map(E.map(() => release)),
          ),
        ),
      )
    }),
  )
}

interface Place {
  readonly folder: string
  readonly prefix: string
  readonly path: (number: number) => string
}

/** What the path of a socket may take on every system. */
const longestPath = 100

const isWindows = process.platform === 'win32'

/** Where sockets cannot be in the directory, they have names made of its own. */
const placeOf = (directory: string): Place => {
  const isShort = Buffer.byteLength(join(directory, 'lock.0000')) <= longestPath
  const name = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 32)
  const folder = isWindows ? '\\\\.\\pipe' : isShort ? directory : tmpdir()
  const prefix = isShort && !isWindows ? 'lock.' : `rx-rooms-${name}.`
  return { folder, prefix, path: (number) => join(folder, `${prefix}${number}`) }
}

/** The numbers that are taken, by whoever it is but this one. */
const others = ({ folder, prefix }: Place, mine = 0): Done<readonly number[]> =>
  asked<string[]>((back) => readdir(folder, back)).pipe(
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

const isAnswered = (path: string): Done<boolean> =>
  asked((back) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      back(null, true)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      back(null, code !== 'ECONNREFUSED' && code !== 'ENOENT')
    })
  })

const listen = (path: string): Done<() => void> =>
  asked((back) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) => {
      back(error.code === 'EADDRINUSE' ? { ...error, code: 'EBUSY', message: 'another server uses it' } : error)
    })
    server.listen(path, () => {
      server.unref()
      back(null, () => {
        server.close()
      })
    })
  })
