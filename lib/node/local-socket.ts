import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { bindNodeCallback, concat, concatMap, finalize, map, Observable, throwError, toArray } from 'rxjs'
import * as E from '#fp/Either'
import { reachFor } from './files/reach.js'

/**
 * The reply of a socket in a directory.
 *
 * - `answered`: the process that listens there runs.
 * - `silent`: a process listens there and does not answer: it is stopped or busy.
 * - `refused`: no process on this machine listens there.
 * - `unreachable`: nothing is known, for example without permission to connect.
 */
export type Answer = 'answered' | 'silent' | 'refused' | 'unreachable'

const realpath = bindNodeCallback(fs.realpath.native) as (path: string) => Observable<string>
const ignored = (): void => undefined

/** Runs `work` with a path for `name` in `folder` that is short enough for a socket, however long the folder's own is. */
const within = <T>(folder: string, name: string, work: (path: string) => Observable<T>): Observable<T> => {
  if (process.platform === 'win32') return realpath(folder).pipe(concatMap((real) => work(pipeOf(real, name))))
  return reachFor(Buffer.byteLength(name))(folder).pipe(
    concatMap((found) => {
      if (E.isLeft(found)) return throwError(() => Object.assign(new Error(found.left.message), found.left))
      const { path, release } = found.right
      return work(join(path, name)).pipe(finalize(release))
    }),
  )
}

const pipeOf = (folder: string, name: string): string =>
  `\\\\.\\pipe\\rx-rooms-${createHash('sha256')
    .update(JSON.stringify([folder.toLowerCase(), name]))
    .digest('hex')
    .slice(0, 40)}`

/**
 * Listens on a socket in a folder and answers clients. The system closes the socket when the process ends, however it
 * ends, and tells all processes of the machine, even in other containers. The name must be used only once. Emits a
 * function that closes it and completes; errors as Node does. Does not keep the process alive.
 */
export const listenIn = (folder: string, name: string): Observable<() => Observable<unknown>> =>
  within(folder, name, listenAt).pipe(
    map((server) => () => concat(closed(server), unlinked(join(folder, name))).pipe(toArray())),
  )

const listenAt = (path: string): Observable<Server> =>
  new Observable((to) => {
    const server = createServer((socket) => {
      socket.unref().on('error', ignored)
      socket.end('here', () => socket.destroy())
    })
    server.on('error', (error) => {
      to.error(error)
    })
    // `exclusive`: a worker of a cluster listens itself; otherwise all workers would share one socket.
    server.listen({ path, exclusive: true }, () => {
      server.unref()
      to.next(server)
      to.complete()
    })
  })

const closed = (server: Server): Observable<void> =>
  new Observable((to) => {
    server.close(() => {
      to.complete()
    })
  })

const unlinked = (path: string): Observable<void> =>
  new Observable((to) => {
    fs.unlink(path, () => {
      to.complete()
    })
  })

/** Connects to a socket in a folder and waits for its answer. Emits once and completes; errors if the folder does not exist. */
export const askIn = (folder: string, name: string): Observable<Answer> => within(folder, name, askAt)

const askAt = (path: string): Observable<Answer> =>
  new Observable((to) => {
    const tell = (answer: Answer): void => {
      to.next(answer)
      to.complete()
    }
    const socket = connect(path)
    socket.once('data', () => {
      tell('answered')
    })
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
      tell(replies[code] ?? 'unreachable')
    })
    // The socket closed without an answer: the listener has just ended.
    socket.once('close', () => {
      tell('refused')
    })
    return () => {
      socket.destroy()
    }
  })

const replies: Readonly<Record<string, Answer>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EPIPE: 'refused',
  // The queue of connections is full: a process listens and does not accept them.
  EAGAIN: 'silent',
}
