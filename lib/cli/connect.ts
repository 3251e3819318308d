import { AsyncSubject, BehaviorSubject, filter, map, type Observable, scan, take, tap } from 'rxjs'
import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { WebSocketError } from '../core/error.js'
import type { Transport } from '../core/ports.js'
import { createClient, tokens, webSocket } from '../index.js'
import type { SessionState } from '../kernel/session.js'
import { jwt } from '../token/jwt.js'
import { originOf } from './address.js'
import { endingOf, exit, type Exit, inWords } from './exit.js'
import { type History, isUnanswered, statusLine, nothing, remember } from './status-line.js'
import type { Notes } from './terminal.js'
import { type TokenOf, variable } from './token.js'

/** Connection options of a command. */
export interface ConnectOptions {
  readonly url: string
  readonly token: TokenOf | undefined
  /** Keep trying after a failed first attempt. */
  readonly wait: boolean
  /** Report changes of the connection to people: all, only those after a loss, or nothing. */
  readonly tell: 'all' | 'losses' | 'nothing'
  readonly options?: Partial<ClientOptions>
}

/** A connecting client. */
export interface Connected {
  readonly client: Client
  /** Emits when the server welcomes this client for the first time. */
  readonly online$: Observable<unknown>
  /** Emits once, when the command cannot continue: the first attempt failed, or the server refuses this client. */
  readonly failed$: Observable<Exit>
  /** Closes the client at once, or after time for pending receipts. */
  readonly close: (drainMs?: number) => void
}

/** Maximum retry delay, in ms: people at a terminal do not wait half a minute for a server that has come back. */
const capMs = 5_000

/**
 * Connects. A client that was online reconnects after every loss, however long it takes; before that, the first failure
 * ends the command unless `wait` is set.
 */
export const connect = ({ url, token, wait, tell, options }: ConnectOptions, notes: Notes): Connected => {
  const server = originOf(url)
  let reason = ''
  const noted =
    (transport: Transport): Transport =>
    (request) =>
      transport(request).pipe(
        tap((event) => {
          if (typeof event === 'object' && '_tag' in event && event._tag === 'Closed') ({ reason } = event)
        }),
      )
  const client = createClient({
    url,
    ...(token ? { token: tokens(jwt(() => token.read())) } : {}),
    transport: noted(webSocket()),
    backoff: { capMs },
    ...options,
  })
  const failed$ = new AsyncSubject<Exit>()
  const session$ = new BehaviorSubject<SessionState>({ _tag: 'None' })

  const unreachable = (because: WebSocketError): Exit => {
    const why = isUnanswered(because)
      ? `cannot reach ${server}: ${reason || 'nothing answers there'}`
      : `${server}: ${inWords(because)}`
    return exit(endingOf(because) === 'usage' ? 'usage' : 'unreachable', `${why}; --wait keeps trying`)
  }
  const stopped = (because: WebSocketError): Exit => {
    const ending = endingOf(because)
    if (because.code === 'auth/no-token')
      return exit(ending, `${server} wants a token: give --token-file FILE or ${variable}`)
    if (because.code === 'auth/rejected' && token) return exit(ending, `${server} refused the token of ${token.from}`)
    return exit(ending, `${server}: ${inWords(because)}`)
  }
  const verdict = ({ state, wasOnline }: History): Exit | undefined => {
    switch (state?._tag) {
      case 'Waiting':
        return wasOnline || wait ? undefined : unreachable(state.because)
      case 'Stopped':
        return stopped(state.because)
      case 'Closed':
        return state.because && stopped(state.because)
      case 'Idle':
        return state.because === 'drained'
          ? exit('unreachable', `${server}: the server sends its clients away`)
          : undefined
      case 'Authorizing':
      case 'Connecting':
      case 'Handshaking':
      case 'Online':
      case 'Suspended':
      case undefined:
        return undefined
    }
  }
  const narrate = statusLine(
    {
      url: server,
      tell: tell === 'all' ? 'all' : 'losses',
      user: () => (session$.value._tag === 'Active' ? session$.value.user : 'nobody'),
      reason: () => reason,
    },
    notes,
  )

  client.session$.subscribe(session$)
  client.state$
    .pipe(
      scan(remember, nothing),
      tap((history) => {
        // The end of the command reports its own reason.
        if (tell !== 'nothing' && !verdict(history)) narrate(history)
      }),
      map(verdict),
      filter((over) => over !== undefined),
      take(1),
    )
    .subscribe(failed$)
  void client.connect()

  return {
    client,
    online$: client.state$.pipe(
      filter(({ _tag }) => _tag === 'Online'),
      take(1),
    ),
    failed$: failed$.asObservable(),
    close: (drainMs = 0) => {
      void client.close({ drainMs })
    },
  }
}
