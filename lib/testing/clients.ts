import { finalize, from, isObservable, Observable, type SchedulerLike } from 'rxjs'
import type { Client } from '../client/client.js'
import { clientWith } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import type { ConnectionState as State } from '../connection/model.js'
import type { Transport } from '../core/ports.js'
import type { TokenProvider } from '../kernel/token-provider.js'
import { tokens } from '../kernel/tokens.js'
import type { TokenSource } from '../token/source.js'
import type { Promises } from './promises.js'
import { tally } from './tally.js'
import type { Transcript } from './transcript.js'
import { labelOf, type Wiretap } from './wiretap.js'

/** Makes the clients of a test and counts the resources that they hold. */
export interface Clients {
  readonly make: (who: string, options: ClientOptions & { readonly transport: Transport }) => Client
  /** Like `make`, for a client that is not under test: the transcript does not show its events. */
  readonly makeAside: Clients['make']
  /** Returns the number of timers that all clients hold. It does not count timers on a client's own scheduler. */
  readonly timers: () => number
  /** Returns one line for each kind of resource that a closed client still holds. Empty if there is no leak. */
  readonly leaks: () => readonly string[]
  readonly close: () => void
}

export interface ClientsParts {
  readonly scheduler: SchedulerLike
  readonly promises: Promises
  readonly transcript: Transcript
  readonly wiretap: Wiretap
}

interface Watched {
  readonly who: string
  readonly timers: () => number
  readonly subscriptions: () => number
  /** `undefined` once the client is closed, so that it can be garbage-collected. */
  client: Client | undefined
}

/** Makes clients, notes their states in the transcript, rejects promises of token sources, and counts their timers. */
export const clients = ({ scheduler: time, promises, transcript, wiretap }: ClientsParts): Clients => {
  const all = new Set<Watched>()

  const make =
    (isShown: boolean): Clients['make'] =>
    (who, { token, ...options }) => {
      const own = options.scheduler
      const scheduler = tally(time)
      let subscriptions = 0
      const counted = <T>(source: T): T =>
        isObservable(source)
          ? (new Observable((to) => {
              subscriptions++
              return from(source)
                .pipe(finalize(() => subscriptions--))
                .subscribe(to)
            }) as T)
          : source
      // Not all tests are typed: what is not made by `tokens` is the client's to refuse.
      const isMade = (token as Partial<TokenProvider> | undefined)?.source !== undefined
      const watchedTokens =
        isMade && token ? tokens(watchedToken(token.source, promises, counted), token.options) : token
      const client = clientWith(() => options.transport)({
        wall: () => time.now(),
        ...options,
        ...(watchedTokens && { token: watchedTokens }),
        ...(options.hints$ === undefined ? {} : { hints$: counted(options.hints$) }),
        scheduler: own ?? scheduler,
        transport: wiretap.transport(who, options.transport, isShown),
      })
      const watched: Watched = {
        who,
        timers: own ? () => 0 : scheduler.pending,
        subscriptions: () => subscriptions,
        client,
      }
      all.add(watched)
      client.state$.subscribe((state) => {
        if (isShown) transcript.note('client', labelOf(who), () => [stateText(state)])
        if (state._tag === 'Closed') watched.client = undefined
      })
      return client
    }

  return {
    make: make(true),
    makeAside: make(false),
    timers: () => [...all].reduce((sum, { timers }) => sum + timers(), 0),
    leaks: () =>
      [...all]
        .filter(({ client }) => !client)
        .flatMap(({ who, timers, subscriptions }) => [
          ...held(who, timers(), 'timer'),
          ...held(who, wiretap.sockets(who), 'socket'),
          ...held(who, subscriptions(), 'subscription', ' to its token or hints'),
        ]),
    close: () => {
      for (const { client } of all) void client?.close({ drainMs: 0 })
    },
  }
}

const watchedToken = (token: TokenSource, { watch }: Promises, counted: <T>(source: T) => T): TokenSource =>
  typeof token === 'function' ? (context) => counted(watch('token', token(context))) : counted(watch('token', token))

const held = (who: string, count: number, what: string, more = ''): readonly string[] =>
  count === 0 ? [] : [`${who} is closed and holds ${count} ${what}${count === 1 ? '' : 's'}${more}`]

const stateText = (state: State): string => {
  switch (state._tag) {
    case 'Waiting':
      return `Waiting ${state.heldBy ? 'for the budget' : `until ${Math.round(state.until)}`}: ${state.because.code}`
    case 'Stopped':
      return `Stopped: ${state.because.code}`
    case 'Idle':
      return `Idle: ${state.because}`
    case 'Online':
      return state.quality === 'good' ? 'Online' : 'Online, degraded'
    default:
      return state._tag
  }
}
