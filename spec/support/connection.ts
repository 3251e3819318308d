import { NEVER } from 'rxjs'
import { classify } from '../../lib/connection/classify.js'
import { connectionMachine, type Needs } from '../../lib/connection/machine.js'
import type { Config, Input, Output, ConnectionState as State } from '../../lib/connection/model.js'
import { defaultBackoff } from '../../lib/core/backoff.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { authenticationError, connectionError, type Kind, type WebSocketError } from '../../lib/core/error.js'
import { unlimited } from '../../lib/core/retries.js'
import type { Machine, StepContext, Step } from '../../lib/core/machine.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { signedOut } from '../../lib/token/error.js'

export type StateTag = State['_tag']
export type InputTag = Input['_tag']
export type StateOf<T extends StateTag> = Extract<State, { readonly _tag: T }>

export const config: Config = {
  autoConnect: true,
  deadlines: { connectMs: 10_000, handshakeMs: 10_000 },
  settleMs: 5_000,
  backoff: defaultBackoff,
  classify,
  hints$: NEVER,
}

/** A failure of a kind; `wish` is what the server wants. */
export const failure = (
  kind: Kind = 'retry',
  wish: Pick<WebSocketError, 'retryAfterMs' | 'spreadMs'> = {},
): WebSocketError => {
  const said = { message: 'failed', remedy: 'none', kind, ...wish }
  return kind === 'reauth'
    ? authenticationError({ code: 'auth/rejected', ...said })
    : connectionError({ code: 'connection/closed', ...said })
}

/** The connection without its surroundings: its steps, and the keys of what it would run. */
export const machineWith = (options: Partial<Config> = {}, needs: Partial<Needs> = {}): Machine<State, Input, Output> =>
  connectionMachine({
    config: { ...config, ...options },
    deadlines: deadlines(virtualTime()),
    retries: unlimited,
    socket: () => NEVER,
    liveness: () => NEVER,
    ...needs,
  })

/** Each state as it is on the way: generation 3, some tries behind it. */
export const samples: { readonly [T in StateTag]: StateOf<T> } = {
  Idle: { _tag: 'Idle', because: 'never', generation: 3 },
  Authorizing: { _tag: 'Authorizing', attempt: 2, generation: 3, rejections: 0 },
  Connecting: { _tag: 'Connecting', attempt: 2, generation: 3, rejections: 0 },
  Handshaking: { _tag: 'Handshaking', attempt: 2, generation: 3, rejections: 0 },
  Online: { _tag: 'Online', attempt: 2, generation: 3, quality: 'good' },
  Waiting: { _tag: 'Waiting', attempt: 2, generation: 3, until: 60_000, because: failure() },
  Suspended: { _tag: 'Suspended', because: 'frozen', attempt: 2, generation: 3 },
  Stopped: { _tag: 'Stopped', because: failure('terminal'), generation: 3 },
  Closed: { _tag: 'Closed', generation: 3 },
}

/** Stopped because nobody is signed in. */
export const stoppedSignedOut: StateOf<'Stopped'> = { _tag: 'Stopped', because: signedOut, generation: 3 }

/** Each input as it belongs to generation 3. */
export const inputs: { readonly [T in InputTag]: Extract<Input, { readonly _tag: T }> } = {
  Connect: { _tag: 'Connect' },
  Need: { _tag: 'Need' },
  Disconnect: { _tag: 'Disconnect' },
  Close: { _tag: 'Close' },
  TokenGranted: { _tag: 'TokenGranted' },
  TokenDenied: { _tag: 'TokenDenied', because: failure('terminal') },
  Opened: { _tag: 'Opened', generation: 3 },
  Welcomed: { _tag: 'Welcomed', generation: 3 },
  Lost: { _tag: 'Lost', generation: 3, because: failure() },
  Dismissed: { _tag: 'Dismissed', generation: 3 },
  Move: { _tag: 'Move', generation: 3, to: '*', afterMs: 0, spreadMs: 0 },
  Settled: { _tag: 'Settled', generation: 3 },
  Quality: { _tag: 'Quality', generation: 3, quality: 'degraded' },
  Elapsed: { _tag: 'Elapsed' },
  Held: { _tag: 'Held' },
  Hinted: { _tag: 'Hinted', hint: 'online' },
}

export const stateTags = Object.keys(samples) as StateTag[]
export const inputTags = Object.keys(inputs) as InputTag[]
export const at = (now = 0, chance = 0.5): StepContext => ({ now, chance })

/** A step in words: `–` for nothing at all, else the state and what is said to other parts, in order. */
export const inWords = (before: State, [after, outputs]: Step<State, Output>): string => {
  const said = outputs.map((output) => {
    if (output._tag === 'Ask') return `Ask ${output.reason}`
    return 'generation' in output ? `${output._tag} ${output.generation}` : output._tag
  })
  if (after === before) return said.length === 0 ? '–' : `stays: ${said.join(', ')}`
  return [after._tag, ...(said.length === 0 ? [] : [said.join(', ')])].join(': ')
}
