import { map, type Observable, scan, timestamp } from 'rxjs'
import type { ConnectionState } from '../../../lib/index.js'
import { windowMs } from './scale.js'

/** How the connection is: up, in doubt, down, being made, or not wanted. */
export type Tone = 'good' | 'warn' | 'bad' | 'busy' | 'quiet'

export const toneOf = (state: ConnectionState): Tone => {
  switch (state._tag) {
    case 'Online':
      return state.quality === 'good' ? 'good' : 'warn'
    case 'Waiting':
    case 'Stopped':
      return 'bad'
    case 'Authorizing':
    case 'Connecting':
    case 'Handshaking':
      return 'busy'
    case 'Idle':
    case 'Suspended':
    case 'Closed':
      return 'quiet'
  }
}

/** A time during which the connection was in one way; the last one is still going on. */
export interface Stretch {
  readonly tone: Tone
  readonly from: number
  readonly until: number | undefined
}

/** The connection's past, as far as it is drawn. */
export const stretches = (state$: Observable<ConnectionState>): Observable<readonly Stretch[]> =>
  state$.pipe(
    map(toneOf),
    timestamp(),
    scan((before: readonly Stretch[], { value: tone, timestamp: at }) => {
      const open = before.at(-1)
      if (open?.tone === tone) return before
      const ended = open ? [...before.slice(0, -1), { ...open, until: at }] : before
      const seen = ended.filter(({ until }) => until === undefined || at - until < windowMs * 1.1)
      return [...seen, { tone, from: at, until: undefined }]
    }, []),
  )
