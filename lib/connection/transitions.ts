import { told } from '#texts'
import type { WebSocketError } from '../core/error.js'
import type { StepContext, Step } from '../core/machine.js'
import type { Input, Output, Quiet, Reason, ConnectionState as State, Wish } from './model.js'

export type Tagged<T extends { readonly _tag: string }, Tag extends T['_tag']> = Extract<T, { readonly _tag: Tag }>
export type On<S, I> = (state: S, input: I, at: StepContext) => Step<State, Output>
type Move = Step<State, Output>

/** States on the way to a link or with one. */
export type Trying = Tagged<State, 'Authorizing' | 'Connecting' | 'Handshaking'>
/** States with a socket. */
export type Linked = Tagged<State, 'Connecting' | 'Handshaking' | 'Online'>

export const to = (state: State, ...outputs: Output[]): Move => [state, outputs]
export const stay = (state: State): Move => [state, []]

export const release: Output = { _tag: 'Release' }
export const reject: Output = { _tag: 'Reject' }
export const wishOf = ({ until, because }: Tagged<State, 'Waiting'>): Wish | undefined =>
  because.retryAfterMs === undefined ? undefined : { until, because }
/** The token's time on this link is over. The server may accept a constant token again, so it is sent once more. */
export const hasEnded = ({ code }: WebSocketError): boolean => code === 'auth/expired'
export const rejectIf = (because: WebSocketError): readonly Output[] => (hasEnded(because) ? [] : [reject])
/** The error of a client that does not ask for another token by itself. */
const final = (because: WebSocketError): WebSocketError => {
  const { code, about } = because
  return code === 'auth/rejected' && about
    ? Object.freeze({ ...because, ...told(code, { ...about, final: 1 }) })
    : because
}
export const awaitsSignIn = ({ code }: WebSocketError): boolean => code === 'auth/signed-out'

export const ask = (state: State, reason: Reason, attempt: number, rejections: number, ...first: Output[]): Move =>
  to({ _tag: 'Authorizing', attempt, generation: state.generation, rejections }, ...first, { _tag: 'Ask', reason })
export const first = (s: State): Move => ask(s, 'first', 0, 0)
export const idle = ({ generation }: State, because: Quiet, ...outputs: Output[]): Move =>
  to({ _tag: 'Idle', because, generation }, ...outputs, release)
export const stop = ({ generation }: State, because: WebSocketError, ...outputs: Output[]): Move =>
  to({ _tag: 'Stopped', because: final(because), generation }, ...outputs, ...(awaitsSignIn(because) ? [] : [release]))
export const close = ({ generation }: State, because: WebSocketError | undefined, ...outputs: Output[]): Move =>
  to({ _tag: 'Closed', generation, ...(because ? { because } : {}) }, ...outputs, release)
export const suspend = (
  { attempt, generation }: Trying | Linked | Tagged<State, 'Waiting'>,
  wish?: Wish,
  ...outputs: Output[]
): Move => to({ _tag: 'Suspended', because: 'frozen', attempt, generation, ...(wish && { wish }) }, ...outputs, release)
export const resume = (s: Tagged<State, 'Suspended'>, at: StepContext): Move => {
  const { attempt, generation, wish } = s
  if (wish && at.now < wish.until) return to({ _tag: 'Waiting', attempt, generation, ...wish })
  return ask(s, 'reconnect', attempt, 0)
}

/** Inputs of a superseded socket have another generation. */
export const mine = (s: Linked, i: { readonly generation: number }): boolean => s.generation === i.generation
export const down = ({ generation }: State): Output => ({ _tag: 'Down', generation })
export const dismissed: On<Linked, Tagged<Input, 'Dismissed'>> = (s, i) =>
  mine(s, i) ? idle(s, 'drained', down(s)) : stay(s)
export const denied: On<Linked, Tagged<Input, 'TokenDenied'>> = (s, i) => stop(s, i.because, down(s))
export const leave: On<Linked, unknown> = (s) => idle(s, 'asked', down(s))
export const end: On<Linked, Tagged<Input, 'Close'>> = (s, i) => close(s, i.because, down(s))
export const frozen: On<Linked, Tagged<Input, 'Hinted'>> = (s, { hint }) =>
  hint === 'frozen' ? suspend(s, undefined, down(s)) : stay(s)
