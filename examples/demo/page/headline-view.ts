import { combineLatest, fromEvent, type Observable } from 'rxjs'
import type { Client, ConnectionState } from '../../../lib/index.js'
import { byId, say } from './dom.js'
import type { Headline } from './headline.js'

/** The state's clock is the client's: the one of `performance`. */
const next = (state: ConnectionState): string => {
  switch (state._tag) {
    case 'Waiting':
      return `Next try in ${(Math.max(0, state.until - performance.now()) / 1_000).toFixed(1)} s`
    case 'Authorizing':
    case 'Connecting':
    case 'Handshaking':
      return 'Trying now'
    case 'Stopped':
    case 'Closed':
      return state.because?.message ?? ''
    case 'Idle':
    case 'Online':
    case 'Suspended':
      return ''
  }
}

/** The headline, when the connection is tried again, and a button to try now. */
export const headlineView = (
  { state$, connect }: Pick<Client, 'state$' | 'connect'>,
  headline$: Observable<Headline>,
  now$: Observable<unknown>,
): void => {
  const live = byId('live')
  const words = byId('headline')
  const wait = byId('wait')
  const retry = byId('retry')
  headline$.subscribe((headline) => {
    live.dataset['tone'] = headline.tone
    say(words, headline.words)
  })
  combineLatest([state$, now$]).subscribe(([state]) => {
    live.dataset['state'] = state._tag
    say(wait, next(state))
    retry.hidden = state._tag !== 'Waiting' && state._tag !== 'Stopped' && state._tag !== 'Idle'
  })
  fromEvent(retry, 'click').subscribe(() => connect())
}
