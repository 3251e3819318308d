import { type Backoff, backoff, retryIn } from '../core/backoff.js'
import type { WebSocketError } from '../core/error.js'
import type { StepContext } from '../core/machine.js'
import type { Classify, Config, Input, Output, ConnectionState as State } from './model.js'
import {
  ask,
  awaitsSignIn,
  close,
  denied,
  dismissed,
  down,
  end,
  first,
  frozen,
  hasEnded,
  idle,
  leave,
  type Linked,
  mine,
  type On,
  reject,
  rejectIf,
  release,
  resume,
  stay,
  stop,
  suspend,
  type Tagged,
  to,
  type Trying,
  wishOf,
} from './transitions.js'

/** A cell for every state and input, checked by type. */
export type Table = {
  readonly [S in State['_tag']]: { readonly [I in Input['_tag']]: On<Tagged<State, S>, Tagged<Input, I>> }
}

/** The diagram of docs/architecture.md, one cell per arrow. `stay` ignores the input. */
export const table = (config: Config, waits: Backoff, classify: Classify): Table => {
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
  const hurry = (s: Tagged<State, 'Waiting'>, at: StepContext) => {
    if (wishOf(s)) return stay(s)
    const until = at.now + backoff(waits, 0, at.chance)
    return until >= s.until ? stay(s) : to({ ...s, until })
  }
  const lost: On<Linked, Tagged<Input, 'Lost'>> = (s, i, at) =>
    mine(s, i) ? failed(s, i.because, at, down(s)) : stay(s)

  return {
    Idle: {
      Connect: first,
      Need: (s) => (config.autoConnect && s.because === 'never' ? first(s) : stay(s)),
      Disconnect: (s) => (s.because === 'asked' ? stay(s) : idle(s, 'asked')),
      Close: (s, i) => close(s, i.because),
      TokenGranted: stay, TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay,
      Quality: stay, Elapsed: stay, Hinted: stay,
    }, // prettier-ignore
    Authorizing: {
      Connect: stay, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: (s) => to({ ...s, _tag: 'Connecting', generation: s.generation + 1 }),
      TokenDenied: (s, i, at) => (classify(i.because) === 'retry' ? wait(s, i.because, at) : stop(s, i.because)),
      Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay, Quality: stay, Elapsed: stay,
      Hinted: (s, { hint }) => (hint === 'frozen' ? suspend(s) : stay(s)),
    }, // prettier-ignore
    Connecting: {
      Connect: stay, Need: stay, Disconnect: leave, Close: end,
      TokenGranted: stay, TokenDenied: denied,
      Opened: (s, i) => mine(s, i) ? to({ ...s, _tag: 'Handshaking' }, { _tag: 'Greet', generation: s.generation }) : stay(s),
      Welcomed: stay, Lost: lost, Dismissed: dismissed, Settled: stay, Quality: stay, Elapsed: stay, Hinted: frozen,
    }, // prettier-ignore
    Handshaking: {
      Connect: stay, Need: stay, Disconnect: leave, Close: end,
      TokenGranted: stay, TokenDenied: denied, Opened: stay,
      Welcomed: (s, i) => mine(s, i) ? to({ _tag: 'Online', attempt: s.attempt, generation: s.generation, quality: 'good' }) : stay(s),
      Lost: lost, Dismissed: dismissed, Settled: stay, Quality: stay, Elapsed: stay, Hinted: frozen,
    }, // prettier-ignore
    Online: {
      Connect: stay, Need: stay, Disconnect: leave, Close: end,
      TokenGranted: stay, TokenDenied: denied, Opened: stay, Welcomed: stay,
      Lost: lost, Dismissed: dismissed,
      Settled: (s, i) => mine(s, i) && s.attempt > 0 ? to({ ...s, attempt: 0 }) : stay(s),
      Quality: (s, i) => mine(s, i) && s.quality !== i.quality ? to({ ...s, quality: i.quality }) : stay(s),
      Elapsed: stay,
      Hinted: (s, i, at) => i.hint === 'frozen' ? frozen(s, i, at) : to(s, { _tag: 'Probe', generation: s.generation }),
    }, // prettier-ignore
    Waiting: {
      Connect: first, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: stay, TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay,
      Quality: stay, Elapsed: (s) => ask(s, 'reconnect', s.attempt + 1, 0),
      Hinted: (s, { hint }, at) => hint === 'frozen' ? suspend(s, wishOf(s)) : hint === 'offline' || hint === 'hidden' ? stay(s) : hurry(s, at),
    }, // prettier-ignore
    Suspended: {
      Connect: first, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: stay, TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay,
      Quality: stay, Elapsed: stay,
      Hinted: (s, { hint }, at) => hint === 'resumed' || hint === 'visible' || hint === 'online' ? resume(s, at) : stay(s),
    }, // prettier-ignore
    Stopped: {
      Connect: first, Need: stay,
      Disconnect: (s) => idle(s, 'asked'),
      Close: (s, i) => close(s, i.because),
      TokenGranted: (s) => awaitsSignIn(s.because)
        ? to({ _tag: 'Connecting', attempt: 0, rejections: 0, generation: s.generation + 1 }) : stay(s),
      TokenDenied: stay, Opened: stay, Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay, Quality: stay,
      Elapsed: stay, Hinted: stay,
    }, // prettier-ignore
    Closed: {
      Connect: stay, Need: stay, Disconnect: stay, Close: stay, TokenGranted: stay, TokenDenied: stay, Opened: stay,
      Welcomed: stay, Lost: stay, Dismissed: stay, Settled: stay, Quality: stay, Elapsed: stay, Hinted: stay,
    }, // prettier-ignore
  }
}
