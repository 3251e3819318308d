import { type Backoff, backoff, retryIn } from '../core/backoff.js'
import type { WebSocketError } from '../core/error.js'
import { told } from '#texts'
import type { StepContext, Step } from '../core/machine.js'
import type { Classify, Config, Input, Output, Quiet, Reason, ConnectionState as State, Wish } from './model.js'

export type Tagged<T extends { readonly _tag: string }, Tag extends T['_tag']> = Extract<T, { readonly _tag: Tag }>
export type On<S, I> = (state: S, input: I, at: StepContext) => Step<State, Output>

/** A cell for every state and input, checked by type. */
export type Table = {
  readonly [S in State['_tag']]: { readonly [I in Input['_tag']]: On<Tagged<State, S>, Tagged<Input, I>> }
}

type Trying = Tagged<State, 'Authorizing' | 'Connecting' | 'Handshaking'>
type Linked = Tagged<State, 'Connecting' | 'Handshaking' | 'Online'>

const to = (state: State, ...outputs: Output[]): Step<State, Output> => [state, outputs]
const stay = (state: State): Step<State, Output> => [state, []]

const release: Output = { _tag: 'Release' }
const reject: Output = { _tag: 'Reject' }
const wishOf = ({ until, because }: Tagged<State, 'Waiting'>): Wish | undefined =>
  because.retryAfterMs === undefined ? undefined : { until, because }
/** The token's time on this link is over. The server may accept a constant token again, so it is sent once more. */
const hasEnded = ({ code }: WebSocketError): boolean => code === 'auth/expired'
const rejectIf = (because: WebSocketError): readonly Output[] => (hasEnded(because) ? [] : [reject])
/** The error of a client that does not ask for another token by itself. */
const final = (because: WebSocketError): WebSocketError => {
  const { code, about } = because
  return code === 'auth/rejected' && about
    ? Object.freeze({ ...because, ...told(code, { ...about, final: 1 }) })
    : because
}
const awaitsSignIn = ({ code }: WebSocketError): boolean => code === 'auth/signed-out'

/** The diagram of docs/architecture.md, one cell per arrow. `stay` ignores the input. */
export const table = (config: Config, waits: Backoff, classify: Classify): Table => {
  const ask = (state: State, reason: Reason, attempt: number, rejections: number, ...first: Output[]) =>
    to({ _tag: 'Authorizing', attempt, generation: state.generation, rejections }, ...first, { _tag: 'Ask', reason })
  const first = (s: State) => ask(s, 'first', 0, 0)
  const idle = ({ generation }: State, because: Quiet, ...outputs: Output[]) =>
    to({ _tag: 'Idle', because, generation }, ...outputs, release)
  const stop = ({ generation }: State, because: WebSocketError, ...outputs: Output[]) =>
    to(
      { _tag: 'Stopped', because: final(because), generation },
      ...outputs,
      ...(awaitsSignIn(because) ? [] : [release]),
    )
  const close = ({ generation }: State, because: WebSocketError | undefined, ...outputs: Output[]) =>
    to({ _tag: 'Closed', generation, ...(because ? { because } : {}) }, ...outputs, release)
  const suspend = (
    { attempt, generation }: Trying | Linked | Tagged<State, 'Waiting'>,
    wish?: Wish,
    ...outputs: Output[]
  ) => to({ _tag: 'Suspended', because: 'frozen', attempt, generation, ...(wish && { wish }) }, ...outputs, release)
  const wait = (s: Trying | Linked, because: WebSocketError, at: StepContext, ...outputs: Output[]) => {
    const attempt = because.retryAfterMs === undefined ? s.attempt : 0
    const until = at.now + retryIn(waits, attempt, at.chance, because)
    return to({ _tag: 'Waiting', attempt: s.attempt, generation: s.generation, until, because }, ...outputs, release)
  }
  const failed = (s: Trying | Linked, because: WebSocketError, at: StepContext, ...outputs: Output[]) => {
    switch (classify(because)) {
      case 'terminal':
        return stop(s, because, ...outputs)
      case 'reauthenticate':
        if (s._tag !== 'Online')
          return s.rejections === 0
            ? ask(s, 'rejected', s.attempt, 1, ...outputs, reject)
            : stop(s, because, ...outputs, reject)
        if (s.attempt >= 2) return wait(s, because, at, ...outputs, ...rejectIf(because))
        return hasEnded(because)
          ? ask(s, 'rejected', s.attempt + 1, 0, ...outputs)
          : ask(s, 'rejected', s.attempt + 1, 1, ...outputs, reject)
      case 'retry':
        return wait(s, because, at, ...outputs)
    }
  }
  const down = ({ generation }: State): Output => ({ _tag: 'Down', generation })
  const mine = (s: Linked, i: { readonly generation: number }) => s.generation === i.generation
  const hurry = (s: Tagged<State, 'Waiting'>, at: StepContext) => {
    if (wishOf(s)) return stay(s)
    const until = at.now + backoff(waits, 0, at.chance)
    return until >= s.until ? stay(s) : to({ ...s, until })
  }
  const resume = (s: Tagged<State, 'Suspended'>, at: StepContext) => {
    const { attempt, generation, wish } = s
    if (wish && at.now < wish.until) return to({ _tag: 'Waiting', attempt, generation, ...wish })
    return ask(s, 'reconnect', attempt, 0)
  }
  const lost: On<Linked, Tagged<Input, 'Lost'>> = (s, i, at) =>
    mine(s, i) ? failed(s, i.because, at, down(s)) : stay(s)
  const dismissed: On<Linked, Tagged<Input, 'Dismissed'>> = (s, i) =>
    mine(s, i) ? idle(s, 'drained', down(s)) : stay(s)
  const denied: On<Linked, Tagged<Input, 'TokenDenied'>> = (s, i) => stop(s, i.because, down(s))
  const leave: On<Linked, unknown> = (s) => idle(s, 'asked', down(s))
  const end: On<Linked, Tagged<Input, 'Close'>> = (s, i) => close(s, i.because, down(s))
  const frozen: On<Linked, Tagged<Input, 'Hinted'>> = (s, { hint }) =>
    hint === 'frozen' ? suspend(s, undefined, down(s)) : stay(s)

  return {
    Idle: {
      Connect: first,
      Need: (s) => (config.autoConnect && s.because === 'never' ? first(s) : stay(s)),
      Disconnect: (s) => (s.because === 'asked' ? stay(s) : idle(s, 'asked')),
      Close: (s, i) => close(s, i.because),
      TokenGranted: stay, TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay,
      Quality: stay, Elapsed: stay, Hinted: stay,
    },
    Authorizing: {
      Connect: stay, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: (s) => to({ ...s, _tag: 'Connecting', generation: s.generation + 1 }),
      TokenDenied: (s, i, at) => (classify(i.because) === 'retry' ? wait(s, i.because, at) : stop(s, i.because)),
      Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay, Quality: stay, Elapsed: stay,
      Hinted: (s, { hint }) => (hint === 'frozen' ? suspend(s) : stay(s)),
    },
    Connecting: {
      Connect: stay, Need: stay, Disconnect: leave, Close: end,
      TokenGranted: stay, TokenDenied: denied,
      Opened: (s, i) => mine(s, i) ? to({ ...s, _tag: 'Handshaking' }, { _tag: 'Greet', generation: s.generation }) : stay(s),
      Welcomed: stay, Lost: lost, Dismissed: dismissed, Settled: stay, Quality: stay, Elapsed: stay, Hinted: frozen,
    },
    Handshaking: {
      Connect: stay, Need: stay, Disconnect: leave, Close: end,
      TokenGranted: stay, TokenDenied: denied, Opened: stay,
      Welcomed: (s, i) => mine(s, i) ? to({ _tag: 'Online', attempt: s.attempt, generation: s.generation, quality: 'good' }) : stay(s),
      Lost: lost, Dismissed: dismissed, Settled: stay, Quality: stay, Elapsed: stay, Hinted: frozen,
    },
    Online: {
      Connect: stay, Need: stay, Disconnect: leave, Close: end,
      TokenGranted: stay, TokenDenied: denied, Opened: stay, Welcomed: stay,
      Lost: lost, Dismissed: dismissed,
      Settled: (s, i) => mine(s, i) && s.attempt > 0 ? to({ ...s, attempt: 0 }) : stay(s),
      Quality: (s, i) => mine(s, i) && s.quality !== i.quality ? to({ ...s, quality: i.quality }) : stay(s),
      Elapsed: stay,
      Hinted: (s, i, at) => i.hint === 'frozen' ? frozen(s, i, at) : to(s, { _tag: 'Probe', generation: s.generation }),
    },
    Waiting: {
      Connect: first, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: stay, TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay,
      Quality: stay, Elapsed: (s) => ask(s, 'reconnect', s.attempt + 1, 0),
      Hinted: (s, { hint }, at) => hint === 'frozen' ? suspend(s, wishOf(s)) : hint === 'offline' || hint === 'hidden' ? stay(s) : hurry(s, at),
    },
    Suspended: {
      Connect: first, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: stay, TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay,
      Quality: stay, Elapsed: stay,
      Hinted: (s, { hint }, at) => hint === 'resumed' || hint === 'visible' || hint === 'online' ? resume(s, at) : stay(s),
    },
    Stopped: {
      Connect: first, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: (s) => awaitsSignIn(s.because)
        ? to({ _tag: 'Connecting', attempt: 0, rejections: 0, generation: s.generation + 1 }) : stay(s),
      TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay, Quality: stay,
      Elapsed: stay, Hinted: stay,
    },
    Closed: {
      Connect: stay, Need: stay, Disconnect: stay, Close: stay, TokenGranted: stay, TokenDenied: stay, Opened: stay,
      Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay, Quality: stay, Elapsed: stay, Hinted: stay,
    },
  } // prettier-ignore
}
