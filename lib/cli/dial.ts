import { filter, map, merge, type Observable, ReplaySubject, scan, take, tap } from 'rxjs'
import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { State } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import { monotonic } from '../core/platform.js'
import type { Transport } from '../core/ports.js'
import { createClient, webSocket } from '../index.js'
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
  readonly online$: Observable<void>
  /** Emits once, when the command cannot go on: the first attempt failed, or the server refuses this client. */
  readonly failed$: Observable<Exit>
  /** Ends the client at once, or after a while that is left to receipts under way. */
  readonly close: (drainMs?: number) => void
}

/** People at a terminal do not wait half a minute for a server that has come back. */
const capMs = 5_000

/**
 * Connects. Once it was online, a client comes back after every loss, however long it takes; before, the first failure
 * ends the command, unless it is to wait.
 */
export const dial = ({ url, token, wait, tell, options }: Wishes, notes: Notes): Dialled => {
  let reason = ''
  const noted = (transport: Transport): Transport => (request) =>
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
  const online$ = new ReplaySubject<void>(1)
  const failed$ = new ReplaySubject<Exit>(1)
  let user = ''

  const unreachable = (because: WebSocketError): Exit => {
    const isUnanswered = because.code === 'connection/closed' && /\(1006\)/.test(because.message)
    const why = isUnanswered ? `cannot reach ${url}: ${reason || 'nothing answers there'}` : `${url}: ${inWords(because)}`
    return exit(endingOf(because) === 'usage' ? 'usage' : 'unreachable', `${why}; --wait keeps trying`)
  }
  const stopped = (because: WebSocketError): Exit => {
    const ending = endingOf(because)
    if (because.code === 'auth/no-token')
      return exit(ending, `${url} wants a token: give --token-file FILE or ${variable}`)
    if (because.code === 'auth/rejected' && token) return exit(ending, `${url} refused the token of ${token.from}`)
    return exit(ending, `${url}: ${inWords(because)}`)
  }
  const verdict = (state: State, wasOnline: boolean): Exit | undefined => {
    switch (state._tag) {
      case 'Waiting':
        return wasOnline || wait ? undefined : unreachable(state.because)
      case 'Stopped':
        return stopped(state.because)
      case 'Closed':
        return state.because && stopped(state.because)
      case 'Idle':
        return state.because === 'drained' ? exit('unreachable', `${url}: the server sends its clients away`) : undefined
      case 'Authorizing':
      case 'Connecting':
      case 'Greeting':
      case 'Online':
      case 'Suspended':
        return undefined
    }
  }
  const narrate = (state: State, wasOnline: boolean, wasLost: boolean): void => {
    if (tell === 'nothing') return
    if (state._tag === 'Waiting' && (wasOnline || wait)) {
      const seconds = Math.max(0, (state.until - monotonic.now()) / 1_000).toFixed(1)
      notes.warn(`${wasOnline ? 'offline' : `cannot reach ${url}`}: ${wordsOf(state.because, reason)}; next try in ${seconds} s`)
    }
    if (state._tag !== 'Online' || (tell === 'losses' && !wasLost)) return
    if (state.quality === 'degraded') notes.warn('the server is silent: probing')
    else notes.say(`online as ${user}`)
  }

  client.session$.subscribe((session) => {
    if (session._tag === 'Active') ({ user } = session)
  })
  const seen$ = client.state$.pipe(
    scan(
      (before, state: State) => ({
        state,
        wasOnline: before.wasOnline || before.state?._tag === 'Online',
        wasLost: before.wasLost || before.state?._tag === 'Waiting',
      }),
      { state: undefined as State | undefined, wasOnline: false, wasLost: false },
    ),
  )
  seen$.subscribe(({ state, wasOnline, wasLost }) => {
    if (!state) return
    narrate(state, wasOnline, wasLost)
    if (state._tag === 'Online' && !wasOnline) online$.next()
    const over = verdict(state, wasOnline)
    if (over) failed$.next(over)
  })
  client.connect()

  return {
    client,
    online$: online$.pipe(take(1)),
    failed$: failed$.pipe(take(1)),
    close: (drainMs = 0) => {
      client.close({ drainMs })
    },
  }
}
