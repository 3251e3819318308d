import { createServer, type Server as HttpServer, type ServerOptions as HttpServerOptions } from 'node:http'
import { AsyncSubject, endWith, ignoreElements, map, merge, Observable, of, switchMap, tap } from 'rxjs'
import * as E from '#fp/Either'
import { type Deadlines, deadlines } from '../core/deadlines.js'
import { disposing } from '../core/disposable.js'
import type { ConnectionError } from '../core/error.js'
import { limited } from '../core/limited.js'
import { monotonic } from '../core/platform.js'
import type { Result, ResultStream } from '../core/result.js'
import type { WaitOptions } from '../core/wait.js'
import { defaultBudgets } from '../server/budget.js'
import type { Door } from '../server/door.js'
import { type RoomServer, roomServer } from '../server/server.js'
import { type Address, addressOf } from './address.js'
import { type OpenEngine, openEngine } from './engine.js'
import { cannotListen, neverListened, pathTaken } from './error.js'
import { limitSockets } from './open-sockets.js'
import { roomOptions, serveChecks, serveFault, type ServeOptions } from './options.js'
import { plainAnswer } from './plain.js'
import { platformFault } from './platform.js'
import { warnUnguarded } from './open-server-warning.js'
import { takeUpgrades } from './upgrade.js'

/** A room server that listens. `using` and `await using` close it. */
export interface Server extends Omit<RoomServer, 'accept'>, Address {}

/**
 * Serves rooms over WebSockets. Starts at the call and outlives its subscribers.
 *
 * Emits one result and replays it: `Right` once it listens; `Left` where it cannot: an option is invalid, the port is
 * taken, the engine does not open, or `signal` or `withinMs` ended the wait, which also closes everything opened so
 * far. With a `server` of the application it waits until its owner calls `listen`. It serves until `close()`, which
 * also stops listening, closes an engine opened for it, and answers after both.
 */
export const serve = (options: ServeOptions = {}): ResultStream<Server> => {
  const fault = platformFault() ?? serveFault(options)
  if (fault) return of(E.left(fault))
  const answer = new AsyncSubject<Result<Server>>()
  const givenUp = new AsyncSubject<true>()
  const cut = (): void => {
    givenUp.next(true)
    givenUp.complete()
  }
  return limited({ name: 'serve', options, checks: serveChecks, deadlines: clockOf(options), cut }, () => {
    openEngine(options.engine)
      .pipe(switchMap((opened) => (E.isLeft(opened) ? of(opened) : listen(options, opened.right, givenUp))))
      .subscribe(answer)
    return answer.asObservable()
  })
}

const clockOf = ({ scheduler = monotonic }: ServeOptions): Deadlines => deadlines(scheduler)

const listen = (
  options: ServeOptions,
  { engine, release }: OpenEngine,
  givenUp: Observable<true>,
): ResultStream<Server> =>
  new Observable((to) => {
    const { port = 7420, host = '127.0.0.1', server, path, proxies = 0 } = options
    const {
      server: { accept, ...rooms },
      door,
    } = roomServer({ ...roomOptions(options), engine })
    const http = server ?? createServer(timeouts(options), plainAnswer(rooms, door, options))
    const answer = (result: Result<Server>): void => {
      to.next(result)
      to.complete()
    }
    if (!server && proxies === 0) limitSockets(http, mostSockets(options), crowded(door))
    const stopUpgrades = takeUpgrades(http, options, { accept, door })
    const unbound = new AsyncSubject<never>()
    const ended = new AsyncSubject<Result<void>>()
    let isOpen = true

    const close = (wait?: WaitOptions | null): ResultStream<void> =>
      limited({ name: 'close', options: wait, deadlines: clockOf(options) }, () => {
        shut()
        return ended.asObservable()
      })
    const shut = (): void => {
      if (!isOpen) return
      isOpen = false
      stopUpgrades?.()
      http.off('listening', listening)
      http.off('error', failed)
      http.off('close', closedEarly)
      merge(rooms.close(), unbound, release())
        .pipe(ignoreElements(), endWith<Result<void>>(E.right(undefined)))
        .subscribe(ended)
      if (server) unbound.complete()
      else unbind(http, unbound)
    }
    /** Answers after the release of the engine, so that its directory is free by then. */
    const fail = (because: ConnectionError): void => {
      close()
        .pipe(map(() => E.left(because)))
        .subscribe(to)
    }
    const listening = (): void => {
      if (server) {
        http.off('error', failed)
        http.off('close', closedEarly)
      }
      if (!options.authenticate) warnUnguarded(http, door.log)
      const address = addressOf(http, server ? undefined : host, path)
      answer(E.right({ ...rooms, ...address, close, ...disposing(close) }))
    }
    const failed = (error: NodeJS.ErrnoException): void => {
      if (!http.listening) fail(cannotListen(error, host, port))
    }
    const closedEarly = (): void => {
      fail(neverListened())
    }

    if (!stopUpgrades) {
      fail(pathTaken(path))
      return
    }
    http.on('error', failed)
    if (http.listening) listening()
    else {
      http.once('listening', listening)
      if (server) http.once('close', closedEarly)
      else http.listen(port, host)
    }
    givenUp.pipe(tap(shut)).subscribe()
  })

/** Sets how long a request may take to arrive, and the interval of the check. */
const timeouts = ({ handshakeMs = 10_000 }: ServeOptions): HttpServerOptions => ({
  headersTimeout: handshakeMs,
  requestTimeout: handshakeMs,
  connectionsCheckingInterval: Math.min(1_000, handshakeMs),
})

/** Allows twice the maximum of connections: an excess client gets its refusal in band, and only silent sockets are cut. */
const mostSockets = ({ budgets }: ServeOptions): number =>
  2 * (budgets?.address?.connections ?? defaultBudgets.address.connections)

const crowded = (door: Door) => (): void => {
  door.refused('server/connections', 'its address has as many open sockets as the server allows')
}

const unbind = (http: HttpServer, unbound: AsyncSubject<never>): void => {
  http.on('error', () => undefined)
  // A close has no effect before the pending listen.
  http.once('listening', () => http.close())
  http.close(() => {
    unbound.complete()
  })
  http.closeAllConnections()
}
