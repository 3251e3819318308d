import type { ConnectionState as State } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import { monotonic } from '../core/platform.js'
import { inWords } from './exit.js'
import type { Notes } from './terminal.js'

/** The connection's state and history. */
export interface History {
  readonly state: State | undefined
  readonly before: State | undefined
  readonly wasOnline: boolean
  readonly wasLost: boolean
}

export const nothing: History = { state: undefined, before: undefined, wasOnline: false, wasLost: false }

export const remember = ({ state: before, wasOnline, wasLost }: History, state: State): History => ({
  state,
  before,
  wasOnline: wasOnline || before?._tag === 'Online',
  wasLost: wasLost || before?._tag === 'Waiting',
})

/** Returns true without a close code: the network ended the connection, or no server answered. */
export const isUnanswered = (because: WebSocketError): boolean =>
  because._tag === 'ConnectionError' && because.closeCode === 1006

/** The context of a narration beside the state. */
export interface Narrated {
  readonly url: string
  /** All changes, or only those after a loss. */
  readonly tell: 'all' | 'losses'
  /** Returns this client's user on the server. */
  readonly user: () => string
  /** Returns the last message of the network. */
  readonly reason: () => string
}

/** Reports the state of the connection to people, one line per change. */
export const statusLine = ({ url, tell, user, reason }: Narrated, notes: Notes) => {
  const words = (because: WebSocketError): string =>
    isUnanswered(because) ? reason() || 'the network ended the connection' : inWords(because)
  return ({ state, before, wasOnline, wasLost }: History): void => {
    if (state?._tag === 'Waiting' && !state.heldBy) {
      const seconds = Math.max(0, (state.until - monotonic.now()) / 1_000).toFixed(1)
      const what = wasOnline ? 'offline' : `cannot reach ${url}`
      notes.warn(`${what}: ${words(state.because)}; next try in ${seconds} s`)
    }
    if (state?._tag !== 'Online') return
    if (before?._tag !== 'Online') {
      if (tell === 'all' || wasLost) notes.say(`online as ${user()}`)
    } else if (before.quality !== state.quality) {
      if (state.quality === 'degraded') notes.warn('the server is silent: probing')
      else notes.say('the server answers')
    }
  }
}
