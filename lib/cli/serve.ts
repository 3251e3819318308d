import {
  defer,
  distinctUntilChanged,
  EMPTY,
  finalize,
  ignoreElements,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  skip,
  switchMap,
  take,
  tap,
} from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { files, type FilesOptions, serve as listen, type ServeOptions as Listen, type Server } from '../node/index.js'
import type { Logger } from '../core/logger.js'
import { reveal } from '../core/secret.js'
import type { WebSocketError } from '../core/error.js'
import { done, type Ending, exit, type Exit, exitCodes, inWords } from './exit.js'
import type { Io, Signal } from './io.js'
import { readTokenFile } from './token-file.js'
import { tokenIn } from './token.js'
import { plural } from './text.js'

export interface ServeOptions {
  readonly port: number
  readonly host: string
  readonly tokenFile?: string | undefined
  readonly origin?: readonly string[] | undefined
  /** A directory. */
  readonly data?: string | undefined
  readonly fsync?: NonNullable<FilesOptions['durability']> | undefined
  /** Begins a new epoch in every room of the directory. */
  readonly newEpochs?: boolean | undefined
  /** The paths of the health check and of the metrics. */
  readonly health?: string | undefined
  readonly metrics?: string | undefined
  /** A file with the token for the metrics. */
  readonly metricsTokenFile?: string | undefined
  /** The url to which clients move at the end; true: to any other server. */
  readonly handOver?: string | true | undefined
  readonly quiet?: boolean | undefined
}

/** Maximum duration of the drain at the end, in ms. */
const drainMs = 5_000

/**
 * Serves rooms, in memory or in a directory, until SIGTERM or SIGINT: then it asks clients to leave, answers their sent
 * frames, and ends with exit code 0. A second signal ends it at once.
 */
export const serve = (options: ServeOptions, io: Io): Observable<Exit> =>
  defer(() => {
    const { port, host, tokenFile, origin, data, fsync = 'always', newEpochs = false, health, quiet = false } = options
    const metrics = metricsOf(options)
    if (E.isLeft(metrics)) return of(exit('usage', metrics.left))
    const keys = readTokenFile(tokenFile, io.environment)
    if (E.isLeft(keys)) return of(exit('usage', keys.left))
    const ring = keys.right
    const tell: Tell = (text) => {
      if (!quiet) io.notes.log('info', text)
    }
    return listen({
      logger: silent,
      port,
      host,
      drainMs,
      ...(ring ? { authenticate: (shown) => of(ring.authenticate(shown)) } : {}),
      ...(origin ? { origins: origin.includes('*') ? '*' : origin } : {}),
      health,
      metrics: metrics.right,
      ...(data === undefined ? {} : { engine: files({ directory: data, durability: fsync, newEpochs }) }),
    }).pipe(
      switchMap((server) => {
        if (E.isLeft(server)) return of(exit(endingOf(server.left), `${inWords(server.left)}. ${server.left.remedy}`))
        const { url } = server.right
        // The reader of the line may end the server at once, so the signal handler comes first.
        return merge(
          until(io, server.right, tell, options),
          watch(io, server.right, tell),
          defer(() => {
            if (!ring && !isLoopback(host))
              io.notes.log('warn', 'no tokens: whoever reaches this address may read and write every room')
            const place = data === undefined ? 'memory' : `${data}, fsync ${fsync}`
            tell(`rooms in ${place}, ${ring ? `let in by ${ring.from}` : 'no tokens'}`)
            io.out.line(`listening ${url}`)
            return EMPTY
          }),
        ).pipe(
          finalize(() => {
            void server.right.close()
          }),
        )
      }),
      take(1),
    )
  })

/** Without a file with a token, only this machine may read the metrics. */
const metricsOf = ({ metrics: path, metricsTokenFile: file }: ServeOptions): Either<string, Listen['metrics']> => {
  if (path === undefined || file === undefined) return E.right(path)
  const token = tokenIn(file)
  return E.isLeft(token) ? token : E.right({ path, readers: { token: reveal(token.right) } })
}

/** The command line reports faults and refusals itself. */
const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

type Tell = (text: string) => void

const endingOf = ({ _tag, code }: WebSocketError): Ending =>
  _tag === 'ConfigError' ? 'usage' : code.startsWith('server/directory-') ? 'data' : 'unreachable'

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')

/** Reports the events of the server, and emits nothing. */
const watch = ({ notes }: Io, server: Server, tell: Tell): Observable<never> => {
  const faults$ = server.faults$.pipe(
    tap(({ where, message, user, room }) => {
      const about = [user === undefined ? '' : ` user ${user}`, room === undefined ? '' : ` room ${room}`].join('')
      notes.log('warn', `${where}:${about} ${message}`)
    }),
  )
  const clients$ = server.metrics$.pipe(
    map(({ sessions }) => sessions),
    distinctUntilChanged(),
    skip(1),
    tap((sessions) => {
      tell(plural(sessions, 'client'))
    }),
  )
  return merge(faults$, clients$, NEVER).pipe(ignoreElements())
}

/** Emits the end: after a drain for the first signal, at once for the second. */
const until = (io: Io, server: Server, tell: Tell, { handOver }: ServeOptions): Observable<Exit> =>
  io.signal$.pipe(
    take(1),
    switchMap((signal) => {
      tell(`${signal}: asking clients to go, for at most ${drainMs / 1_000} s`)
      const drained$ = server.drain({ because: 'restart', to: handOver === true ? '*' : handOver }).pipe(
        switchMap(() => server.close()),
        map(() => done),
      )
      return merge(drained$, io.signal$.pipe(map(at))).pipe(
        take(1),
        tap(({ code }) => {
          tell(code === 0 ? 'ended' : 'ended before all clients were answered')
        }),
      )
    }),
  )

const at = (signal: Signal): Exit => ({ code: exitCodes[signal].code })
