import { NEVER } from 'rxjs'
import { classify } from '../../connection/classify.js'
import type { Classify, Input, Output, ConnectionState as State } from '../../connection/model.js'
import { connectionStep } from '../../connection/table.js'
import { defaultBackoff } from '../../core/backoff.js'
import { authenticationError, connectionError, type Kind, type WebSocketError } from '../../core/error.js'
import type { Hint } from '../../core/ports.js'
import { signedOut } from '../../token/error.js'
import { connectionInvariants } from './connection-invariants.js'
import type { Happening, Model } from './model.js'

/** The options of a connection that change its table. */
export interface ConnectionModelOptions {
  /** Connects when something needs a connection. Default true. */
  readonly autoConnect?: boolean | undefined
  /** Decides how to react to a failure of the connection. Default: the client's own function. */
  readonly classify?: Classify | undefined
}

/**
 * Makes the model of the connection's table, with every input that may occur in any state. The model counts attempts up to
 * three and treats more as the same; it distinguishes the generation of the current socket from others, and the time before
 * the end of a wait from the end.
 */
export const connectionModel = (options: ConnectionModelOptions = {}): Model<State, Input, Output> => {
  const { autoConnect = true, classify: judge = classify } = options
  const config = {
    autoConnect,
    deadlines: { connectMs: 10_000, handshakeMs: 10_000 },
    settleMs: 5_000,
    backoff: defaultBackoff,
    classify: judge,
    hints$: NEVER,
  }
  return {
    name: 'connection',
    initial: { _tag: 'Idle', because: 'never', generation: 0 },
    step: connectionStep(config),
    inputs,
    words,
    place: ({ _tag }) => _tag,
    say,
    arrow,
    isFinal: ({ _tag }) => _tag === 'Closed',
    invariants: connectionInvariants,
  }
}

const KINDS: readonly Kind[] = ['retry', 'reauth', 'terminal', 'unknown']
const HINTS: readonly Hint[] = ['online', 'offline', 'visible', 'hidden', 'frozen', 'resumed']
const said = { message: 'failed', remedy: 'none' }
const failure = (kind: Kind, wish: Pick<WebSocketError, 'retryAfterMs' | 'spreadMs'> = {}): WebSocketError =>
  kind === 'reauth'
    ? authenticationError({ code: 'auth/rejected', ...said, kind, ...wish })
    : connectionError({ code: 'connection/closed', ...said, kind, ...wish })

const failures = KINDS.flatMap((kind) => [failure(kind), failure(kind, { retryAfterMs: 60_000, spreadMs: 1_000 })])

/** Returns every input that a socket may cause. */
const spoken = (generation: number): readonly Input[] => [
  { _tag: 'Opened', generation },
  { _tag: 'Welcomed', generation },
  { _tag: 'Dismissed', generation },
  { _tag: 'Settled', generation },
  { _tag: 'Quality', generation, quality: 'good' },
  { _tag: 'Quality', generation, quality: 'degraded' },
  ...failures.map((because): Input => ({ _tag: 'Lost', generation, because })),
]

const anywhere: readonly Input[] = [
  { _tag: 'Connect' },
  { _tag: 'Need' },
  { _tag: 'Disconnect' },
  { _tag: 'Close' },
  { _tag: 'Close', because: failure('terminal') },
  { _tag: 'TokenGranted' },
  ...[...failures, signedOut].map((because): Input => ({ _tag: 'TokenDenied', because })),
  ...HINTS.map((hint): Input => ({ _tag: 'Hinted', hint })),
]

const inputs = (state: State): readonly Happening<Input>[] => {
  const { generation } = state
  const all = [...anywhere, ...spoken(generation), ...spoken(generation - 1), ...spoken(generation + 1)]
  const until = untilOf(state)
  // A wait ends at `until` and not before; every other input may come before it and at it.
  const moments = until === undefined ? [0] : [until - 40_000, until]
  const happenings = moments.flatMap((now) => all.map((input) => happening(input, now, generation)))
  const due: readonly Input[] = [{ _tag: 'Elapsed' }, { _tag: 'Held' }]
  return [...happenings, ...due.map((input) => happening(input, until ?? 0, generation))]
}

/** Makes inputs that advance the connection frequent, and `Close` rare, so that walks reach many states. */
const happening = (input: Input, now: number, generation: number): Happening<Input> => {
  const isOwn = !('generation' in input) || input.generation === generation
  const weight = input._tag === 'Close' ? 0.02 : onward.has(input._tag) && isOwn ? 20 : 1
  return { input, at: { now, chance: 0.5 }, weight }
}
const onward: ReadonlySet<Input['_tag']> = new Set([
  'Connect',
  'TokenGranted',
  'Opened',
  'Welcomed',
  'Settled',
  'Elapsed',
])

const untilOf = (state: State): number | undefined => {
  if (state._tag === 'Waiting') return state.until
  return state._tag === 'Suspended' ? state.wish?.until : undefined
}

const isWished = (state: State): boolean =>
  (state._tag === 'Waiting' && state.because.retryAfterMs !== undefined) ||
  (state._tag === 'Suspended' && state.wish !== undefined)

const words = (state: State): string => {
  const facts = [
    ...('because' in state ? [reasonOf(state)] : []),
    ...('attempt' in state ? [`attempt ${state.attempt < 3 ? state.attempt : 'many'}`] : []),
    ...('rejections' in state && state.rejections > 0 ? ['after a rejection'] : []),
    ...('quality' in state ? [state.quality] : []),
    ...('heldBy' in state ? [`held by the ${state.heldBy}`] : []),
    ...(isWished(state) ? ['until the server wants it'] : []),
  ]
  return facts.length === 0 ? state._tag : `${state._tag}(${facts.join(', ')})`
}

const reasonOf = (state: Extract<State, { readonly because?: unknown }>): string => {
  if (typeof state.because === 'string') return state.because
  if (state.because === undefined) return 'asked'
  return state._tag === 'Stopped' && state.because === signedOut ? 'signed out' : 'failed'
}

const say = (input: Input): string => {
  const isWish = 'because' in input && input.because.retryAfterMs !== undefined
  const told = arrow(input, { _tag: 'Closed', generation: 0 })
  return isWish ? `${told}, not before a time` : told
}

const arrow = (input: Input, state: State): string => {
  switch (input._tag) {
    case 'Need':
      return state._tag === 'Idle'
        ? `Need ${state.because === 'never' ? 'if never told otherwise' : state.because}`
        : 'Need'
    case 'TokenGranted':
      return state._tag === 'Stopped' ? `TokenGranted ${reasonOf(state)}` : 'TokenGranted'
    case 'Hinted':
      return `Hinted ${input.hint}`
    case 'Quality':
      return `Quality ${input.quality}`
    case 'Lost':
    case 'TokenDenied':
      return `${input._tag} ${input.because === signedOut ? 'signed out' : input.because.kind}`
    default:
      return input._tag
  }
}
