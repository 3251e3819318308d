import { AsyncSubject, BehaviorSubject, filter, map, type Observable, scan, take, tap } from 'rxjs'
import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { State } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import { monotonic } from '../core/platform.js'
import type { Transport } from '../core/ports.js'
import { createClient, webSocket } from '../index.js'
import type { SessionState } from '../session/state.js'
import { endingOf, exit, type Exit, inWords } from './exit.js'
import type { Notes } from './notes.js'
import { type TokenOf, variable } from './token.js'

/** How a command connects. */
export interface Wishes {
  readonly url: string
  readonly token: TokenOf | undefined
  /** Keep trying where the first attempt fails. */
  readonly wait: boolean
  /** Tell people about changes of the connection: all, only what follows a loss, or nothing. */
  readonly tell: 'all' | 'losses' | 'nothing'
  readonly options?: Partial<ClientOptions>
}

/** A client that is on its way. */
export interface Dialled {
  readonly client: Client
  /** Emits when the server has welcomed this client for the first time. */
  readonly online$: Observable<unknown>
  /** Emits once, when the command cannot go on: the first attempt failed, or the server refuses this client. */
  readonly failed$: Observable<Exit>
  /** Ends the client at once, or after a while that is left to receipts under way. */
  readonly close: (drainMs?: number) => void
}

/** The connection's state, and what was before. */
interface History {
  readonly state: State | undefined
  readonly before: State | undefined
  readonly wasOnline: boolean
  readonly wasLost: boolean
}

const nothing: History = { state: undefined, before: undefined, wasOnline: false, wasLost: false }
const remember = ({ state: before, wasOnline, wasLost }: History, state: State): History => ({
  state,
  before,
  wasOnline: wasOnline || before?._tag === 'Online',
  wasLost: wasLost || before?._tag === 'Waiting',
})

/** People at a terminal do not wait half a minute for a server that has come back. */
const capMs = 5_000

/**
 * Connects. Once it was online, a client comes back after every loss, however long it takes; before, the first failure
 * ends the command, unless it is to wait.
 */
export const dial = ({ url, token, wait, tell, options }: Wishes, notes: Notes): Dialled => {
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
    ...(token ? { token: () => token.read() } : {}),
    transport: noted(webSocket()),
    backoff: { capMs },
    ...options,
  })
  const failed$ = new AsyncSubject<Exit>()
  const session$ = new BehaviorSubject<SessionState>({ _tag: 'None' })

  const unreachable = (because: WebSocketError): Exit => {
    const why = isUnanswered(because)
      ? `cannot reach ${url}: ${reason || 'nothing answers there'}`
      : `${url}: ${inWords(because)}`
    return exit(endingOf(because) === 'usage' ? 'usage' : 'unreachable', `${why}; --wait keeps trying`)
  }
  const stopped = (because: WebSocketError): Exit => {
    const ending = endingOf(because)
    if (because.code === 'auth/no-token')
      return exit(ending, `${url} wants a token: give --token-file FILE or ${variable}`)
    if (because.code === 'auth/rejected' && token) return exit(ending, `${url} refused the token of ${token.from}`)
    return exit(ending, `${url}: ${inWords(because)}`)
  }
  const wordsOf = (because: WebSocketError): string =>
    isUnanswered(because) ? reason || 'the network ended the connection' : inWords(because)
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
          ? exit('unreachable', `${url}: the server sends its clients away`)
          : undefined
      case 'Authorizing':
      case 'Connecting':
      case 'Greeting':
      case 'Online':
      case 'Suspended':
      case undefined:
        return undefined
    }
  }
  const narrate = ({ state, before, wasOnline, wasLost }: History): void => {
    if (tell === 'nothing') return
    if (state?._tag === 'Waiting' && (wasOnline || wait)) {
      const seconds = Math.max(0, (state.until - monotonic.now()) / 1_000).toFixed(1)
      notes.warn(
        `${wasOnline ? 'offline' : `cannot reach ${url}`}: ${wordsOf(state.because)}; next try in ${seconds} s`,
      )
    }
    if (state?._tag !== 'Online') return
    if (before?._tag === 'Online') {
      if (before.quality === state.quality) return
      if (state.quality === 'degraded') notes.warn('the server is silent: probing')
      else notes.say('the server answers')
    } else if ((tell === 'all' || wasLost) && session$.value._tag === 'Active') {
      notes.say(`online as ${session$.value.user}`)
    }
  }

  client.session$.subscribe(session$)
  client.state$
    .pipe(
      scan(remember, nothing),
      tap(narrate),
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

/** No close code came: the network ended it, or nobody was there. */
const isUnanswered = (because: WebSocketError): boolean =>
  because._tag === 'ConnectionError' && because.closeCode === 1006
