import { backoff, retryIn } from '../core/backoff.js'
import type { WebSocketError } from '../core/error.js'
import type { Machine, StepContext } from '../core/machine.js'
import type { Config, Input, Output, ConnectionState as State } from './model.js'
import {
  ask,
  awaitsSignIn,
  close,
  first,
  idle,
  type Linked,
  type Move,
  type On,
  reject,
  rest,
  resume,
  stay,
  stop,
  suspend,
  type Tagged,
  to,
  type Trying,
  wishOf,
} from './transitions.js'

type InputTag = Input['_tag']
type OfSocket = 'Opened' | 'Welcomed' | 'Lost' | 'Dismissed' | 'Settled' | 'Quality' | 'Move'
type OfWait = 'Elapsed' | 'Held'

/** The inputs that have no effect in a state. */
interface Ignored {
  readonly Idle: OfSocket | OfWait | 'TokenGranted' | 'TokenDenied' | 'Hinted'
  readonly Authorizing: OfSocket | OfWait | 'Connect' | 'Need'
  readonly Connecting: OfWait | 'Move' | 'Connect' | 'Need' | 'TokenGranted' | 'Welcomed' | 'Settled' | 'Quality'
  readonly Handshaking: OfWait | 'Move' | 'Connect' | 'Need' | 'TokenGranted' | 'Opened' | 'Settled' | 'Quality'
  readonly Online: OfWait | 'Move' | 'Connect' | 'Need' | 'TokenGranted' | 'Opened' | 'Welcomed'
  readonly Waiting: OfSocket | 'Need' | 'TokenGranted' | 'TokenDenied'
  readonly Suspended: OfSocket | OfWait | 'Need' | 'TokenGranted' | 'TokenDenied'
  readonly Stopped: OfSocket | OfWait | 'Need' | 'TokenDenied' | 'Hinted'
  readonly Closed: InputTag
}

/** A cell for every state and every other input, checked by type. */
export type Table = {
  readonly [S in State['_tag']]: {
    readonly [I in Exclude<InputTag, Ignored[S]>]: On<Tagged<State, S>, Tagged<Input, I>>
  }
}

/** The diagram of docs/architecture.md, one cell per arrow. */
const table = ({ autoConnect, backoff: waits, classify }: Config): Table => {
  const wait = (s: Trying, because: WebSocketError, at: StepContext, ...outputs: Output[]): Move => {
    const { attempt, generation } = s
    const until = at.now + retryIn(waits, because.retryAfterMs === undefined ? attempt : 0, at.chance, because)
    return rest({ _tag: 'Waiting', attempt, generation, until, because }, ...outputs)
  }
  const rejected = (s: Linked, because: WebSocketError, at: StepContext): Move => {
    if (s._tag !== 'Online')
      return s.rejections > 0 ? stop(s, because, reject) : ask(s, 'rejected', s.attempt, 1, reject)
    // A token whose time is over is no rejected one: the server may accept a constant token again.
    const rejects = because.code === 'auth/expired' ? [] : [reject]
    return s.attempt >= 2
      ? wait(s, because, at, ...rejects)
      : ask(s, 'rejected', s.attempt + 1, rejects.length, ...rejects)
  }
  const lost: On<Linked, Tagged<Input, 'Lost'>> = (s, { because }, at) => {
    const verdict = classify(because)
    if (verdict === 'terminal') return stop(s, because)
    return verdict === 'retry' ? wait(s, because, at) : rejected(s, because, at)
  }
  const hurry = (s: Tagged<State, 'Waiting'>, at: StepContext): Move => {
    if (wishOf(s)) return stay(s)
    const until = at.now + backoff(waits, 0, at.chance)
    return until >= s.until ? stay(s) : to({ ...s, until })
  }
  const anywhere = { Disconnect: (s: State) => idle(s, 'asked'), Close: close }
  const trying = {
    ...anywhere,
    Hinted: (s: Trying, { hint }: Tagged<Input, 'Hinted'>) => (hint === 'frozen' ? suspend(s) : stay(s)),
  }
  const linked = {
    ...trying,
    TokenDenied: (s: Linked, { because }: Tagged<Input, 'TokenDenied'>) => stop(s, because),
    Lost: lost,
    Dismissed: (s: Linked) => idle(s, 'drained'),
  }

  return {
    Idle: {
      ...anywhere,
      Connect: first,
      Need: (s) => (autoConnect && s.because === 'never' ? first(s) : stay(s)),
      Disconnect: (s) => (s.because === 'asked' ? stay(s) : idle(s, 'asked')),
    },
    Authorizing: {
      ...trying,
      TokenGranted: (s) => to({ ...s, _tag: 'Connecting', generation: s.generation + 1 }),
      TokenDenied: (s, { because }, at) => (classify(because) === 'retry' ? wait(s, because, at) : stop(s, because)),
    },
    Connecting: {
      ...linked,
      Opened: (s) => to({ ...s, _tag: 'Handshaking' }, { _tag: 'Greet', generation: s.generation }),
    },
    Handshaking: {
      ...linked,
      Welcomed: ({ attempt, generation }) => to({ _tag: 'Online', attempt, generation, quality: 'good' }),
    },
    Online: {
      ...linked,
      Settled: (s) => (s.attempt > 0 ? to({ ...s, attempt: 0 }) : stay(s)),
      Quality: (s, { quality }) => (s.quality === quality ? stay(s) : to({ ...s, quality })),
      Hinted: (s, { hint }) => (hint === 'frozen' ? suspend(s) : to(s, { _tag: 'Probe', generation: s.generation })),
    },
    Waiting: {
      ...anywhere,
      Connect: first,
      Elapsed: (s) => ask(s, 'reconnect', s.attempt + 1, 0),
      Held: (s) => (s.heldBy ? stay(s) : to({ ...s, heldBy: 'budget' })),
      Hinted: (s, { hint }, at) =>
        hint === 'frozen' ? suspend(s, wishOf(s)) : hint === 'offline' || hint === 'hidden' ? stay(s) : hurry(s, at),
    },
    Suspended: {
      ...anywhere,
      Connect: first,
      Hinted: (s, { hint }, at) =>
        hint === 'resumed' || hint === 'visible' || hint === 'online' ? resume(s, at) : stay(s),
    },
    Stopped: {
      ...anywhere,
      Connect: first,
      TokenGranted: (s) =>
        awaitsSignIn(s.because)
          ? to({ _tag: 'Connecting', attempt: 0, rejections: 0, generation: s.generation + 1 })
          : stay(s),
    },
    Closed: {},
  }
}

const hasSocket = ({ _tag }: State): boolean => _tag === 'Connecting' || _tag === 'Handshaking' || _tag === 'Online'

/** The steps of the connection. Inputs of a superseded socket, which have another generation, have no effect. */
export const connectionStep = (config: Config): Machine<State, Input, Output>['step'] => {
  // A cell takes the state and the input of its tags, which this type cannot say.
  const cells = table(config) as Readonly<Record<string, Readonly<Record<string, On<State, Input>>>>>
  return (state, input, at) => {
    const { generation } = state
    const cell = cells[state._tag]?.[input._tag]
    if (!cell || ('generation' in input && input.generation !== generation)) return stay(state)
    const [next, outputs] = cell(state, input, at)
    const isDown = hasSocket(state) && !hasSocket(next)
    return [next, isDown ? [{ _tag: 'Down', generation }, ...outputs] : outputs]
  }
}
