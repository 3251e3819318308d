import { combineLatest, fromEvent, map, type Observable, startWith } from 'rxjs'
import type { Client, ConnectionState } from '../../../lib/index.js'
import { byId, say } from './dom.js'
import { toneOf } from './stretches.js'

const words = (state: ConnectionState): string => {
  switch (state._tag) {
    case 'Online':
      return state.quality === 'good' ? 'Online' : 'Silent, asking for a sign of life'
    case 'Waiting':
      return 'Offline'
    case 'Authorizing':
    case 'Connecting':
    case 'Handshaking':
      return 'Connecting'
    case 'Idle':
      return 'Not connected'
    case 'Suspended':
      return 'Frozen by the browser'
    case 'Stopped':
      return 'Stopped'
    case 'Closed':
      return 'Closed'
  }
}

/** The state's clock is the client's: the one of `performance`. */
const countdown = (state: ConnectionState): string =>
  state._tag === 'Waiting' ? `in ${(Math.max(0, state.until - performance.now()) / 1_000).toFixed(1)} s` : ''

/** How the connection is, when it is tried again, and a button to try now. */
export const statusView = ({ state$, connect }: Client, frames$: Observable<unknown>): void => {
  const status = byId('status')
  const now = byId('now')
  const wait = byId('wait')
  const retry = byId('retry')
  state$.subscribe((state) => {
    status.dataset['tone'] = toneOf(state)
    say(now, words(state))
    retry.hidden = state._tag !== 'Waiting' && state._tag !== 'Stopped' && state._tag !== 'Idle'
  })
  combineLatest([state$, frames$.pipe(startWith(0))])
    .pipe(map(([state]) => countdown(state)))
    .subscribe((text) => say(wait, text))
  fromEvent(retry, 'click').subscribe(() => connect())
}
