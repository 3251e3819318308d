import { createHash } from 'node:crypto'
import { rename, unlink } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Observable } from 'rxjs'
import * as E from '#fp/Either'
import { token } from '../../core/ids.js'
import type { Either } from 'fp-ts/lib/Either.js'
import type { DiskFailure, Done } from './disk.js'
import { failureOf } from './failure.js'

/**
 * Holds a directory for this process by listening on a socket in it: the system ends that with the process, however it
 * ends, and tells others whether anybody listens, also in other containers of the same machine.
 *
 * Answers how to let go of it; `EBUSY` if somebody holds it.
 */
export const lock = (directory: string): Done<() => void> =>
  new Observable((to) => {
    const path = addressOf(directory)
    const settle = (answer: Either<DiskFailure, () => void>): void => {
      to.next(answer)
      to.complete()
    }
    const busy = (): void => {
      settle(E.left({ code: 'EBUSY', message: 'another server uses it' }))
    }
    const attempt = (left: number): void => {
      listen(path, (error, release) => {
        if (!error) settle(E.right(release))
        else if (error.code !== 'EADDRINUSE') settle(E.left(failureOf(error)))
        else if (left === 0) busy()
        else {
          isAnswered(path, (answered) => {
            if (answered) busy()
            else clear(path, busy, () => { attempt(left - 1) }) // prettier-ignore
          })
        }
      })
    }
    attempt(attempts)
  })

/** Two that start at the same moment may get in each other's way so often. */
const attempts = 3

/** What the path of a socket may take on every system. */
const longestPath = 100

/** Where sockets cannot be in the directory, they have a name made of its own. */
const addressOf = (directory: string): string => {
  const inside = join(directory, 'lock')
  if (process.platform !== 'win32' && Buffer.byteLength(inside) <= longestPath) return inside
  const name = `rx-rooms-${createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 32)}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name)
}

const listen = (path: string, then: (error: NodeJS.ErrnoException | undefined, release: () => void) => void): void => {
  const server: Server = createServer((socket) => socket.destroy())
  const release = (): void => {
    server.close()
  }
  server.once('error', (error) => {
    then(error, release)
  })
  server.listen(path, () => {
    server.unref()
    then(undefined, release)
  })
}

const isAnswered = (path: string, then: (answered: boolean) => void): void => {
  const socket = connect(path)
  socket.once('connect', () => {
    socket.destroy()
    then(true)
  })
  socket.once('error', (error: NodeJS.ErrnoException) => {
    then(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
  })
}

/** Removes a socket that nobody listens on. It is moved first: what was moved may be that of somebody who just came. */
const clear = (path: string, busy: () => void, cleared: () => void): void => {
  const aside = `${path}.${token(6)}`
  rename(path, aside, (error) => {
    if (error) cleared()
    else
      isAnswered(aside, (answered) => {
        if (answered) rename(aside, path, busy)
        else unlink(aside, cleared)
      })
  })
}
