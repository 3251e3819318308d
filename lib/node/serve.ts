import { createServer, type RequestListener, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AsyncSubject, defer, EMPTY, finalize, isObservable, merge, Observable, of, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import { connectionError, type ConnectionError } from '../core/error.js'
import type { ResultStream } from '../core/result.js'
import type { Engine } from '../server/engine.js'
import { memory } from '../server/memory.js'
import { createRoomServer, type RoomServer } from '../server/server.js'
import { nonsense, type ServeOptions } from './options.js'
import { takeUpgrades } from './upgrade.js'

/** A room server that listens. */
export interface Server extends Omit<RoomServer, 'accept'> {
  /** `ws://127.0.0.1:7420` */
  readonly url: string
  readonly port: number
}

/**
 * Listens for WebSockets on subscription and serves rooms over them. Unsubscribing closes the server, and so does its
 * `close`, which also stops listening and completes when that is done, an engine that was opened for it closed too.
 *
 * Emits `Right` once it listens, and completes when it was closed. `Left` if it cannot listen: the port is taken, the
 * engine cannot be opened, or an option is nonsense; then it completes.
 */
export const serve = (options: ServeOptions = {}): ResultStream<Server> =>
  defer(() => {
    const wrong = nonsense(options)
    if (wrong) return of(E.left(wrong))
    const { engine } = options
    if (isObservable(engine)) return opened(engine, (each, release) => listen(options, each, release))
    const inMemory = memory()
    return engine ? listen(options, engine, () => EMPTY) : listen(options, inMemory, () => (inMemory.close(), EMPTY)) // prettier-ignore
  })

/** Opens an engine for as long as a server needs it. */
const opened = (
  engines: ResultStream<Engine>,
  start: (engine: Engine, release: () => Observable<never>) => ResultStream<Server>,
): ResultStream<Server> =>
  defer(() => {
    const released = new AsyncSubject<never>()
    return engines.pipe(
      switchMap((engine) =>
        E.isLeft(engine)
          ? of(engine)
          : start(engine.right, () => {
              engine.right.close()
              return released
            }),
      ),
      finalize(() => {
        released.complete()
      }),
    )
  })

/** `release` is called once, when the server does not need its engine any more. */
const listen = (options: ServeOptions, engine: Engine, release: () => Observable<never>): ResultStream<Server> =>
  new Observable((to) => {
    const { port = 7420, host = '127.0.0.1', path = '', server } = options
    const { accept, ...rooms } = createRoomServer({ ...options, engine })
    const http = server ?? createServer(plainAnswer)
    const unbound = new AsyncSubject<never>()
    const stopUpgrades = takeUpgrades(http, options, accept)
    if (!stopUpgrades) {
      void rooms.close()
      void release()
      to.next(E.left(pathTaken(path)))
      to.complete()
      return
    }
    let isOpen = true
    let released: Observable<never> = EMPTY

    const shut = (): void => {
      if (!isOpen) return
      isOpen = false
      stopUpgrades()
      http.off('listening', listening)
      http.off('error', failed)
      released = release()
      if (server) unbound.complete()
      else {
        unbind(http, () => {
          unbound.complete()
        })
      }
      to.complete()
    }
    const close = (): Observable<never> => {
      const ended = rooms.close()
      shut()
      return merge(ended, unbound, released)
    }
    const listening = (): void => {
      if (server) http.off('error', failed)
      const address = http.address() as AddressInfo
      const name = server ? address.address : host
      const url = `ws://${name.includes(':') ? `[${name}]` : name}:${address.port}${path}`
      to.next(E.right({ ...rooms, url, port: address.port, close }))
    }
    const failed = (error: NodeJS.ErrnoException): void => {
      if (http.listening) return
      to.next(E.left(cannotListen(error, host, port)))
      shut()
    }
    http.on('error', failed)
    if (http.listening) listening()
    else {
      http.once('listening', listening)
      if (!server) http.listen(port, host)
    }
    return () => {
      void close()
    }
  })

const unbind = (http: HttpServer, released: () => void): void => {
  http.on('error', () => undefined)
  http.close(released)
  http.closeAllConnections()
}

/** For those who come with a browser instead of a WebSocket. */
const plainAnswer: RequestListener = (_, response) => {
  response.writeHead(426, { 'content-type': 'text/plain', upgrade: 'websocket', connection: 'upgrade' })
  response.end('Rooms are served here over WebSockets.\n')
}

const pathTaken = (path: string): ConnectionError =>
  connectionError({
    code: 'server/path-taken',
    message: `Another room server takes ${path === '' ? 'every path' : `the path ${path}`} of this HTTP server.`,
    remedy: 'Give each of them another path, or close the other one first.',
    kind: 'terminal',
  })

const cannotListen = (error: NodeJS.ErrnoException, host: string, port: number): ConnectionError => {
  const isTaken = error.code === 'EADDRINUSE'
  return connectionError({
    code: isTaken ? 'server/port-taken' : 'server/listen',
    message: isTaken
      ? `Port ${port} of ${host} is taken.`
      : `Cannot listen on port ${port} of ${host}: ${error.message}.`,
    remedy: isTaken
      ? 'Stop what listens there, or choose another port; 0 takes a free one.'
      : 'Choose a port and a host of this machine that this user may listen on; 0 takes a free port.',
    kind: 'terminal',
  })
}
