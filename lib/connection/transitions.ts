import { told } from '#texts'
import type { WebSocketError } from '../core/error.js'
import type { StepContext, Step } from '../core/machine.js'
import type { Input, Output, Quiet, Reason, ConnectionState as State, Wish } from './model.js'

export type Tagged<T extends { readonly _tag: string }, Tag extends T['_tag']> = Extract<T, { readonly _tag: Tag }>
export type On<S, I> = (state: S, input: I, at: StepContext) => Move
export type Move = Step<State, Output>

/** States with a socket. */
export type Linked = Tagged<State, 'Connecting' | 'Handshaking' | 'Online'>
/** States on the way to a link or with one. */
export type Trying = Tagged<State, 'Authorizing'> | Linked

export const to = (state: State, ...outputs: Output[]): Move => [state, outputs]
export const stay = (state: State): Move => [state, []]

const release: Output = { _tag: 'Release' }
export const reject: Output = { _tag: 'Reject' }

/** Moves to a state that needs no token. */
export const rest = (state: State, ...outputs: Output[]): Move => to(state, ...outputs, release)

export const wishOf = ({ until, because }: Tagged<State, 'Waiting'>): Wish | undefined =>
  because.retryAfterMs === undefined ? undefined : { until, because }
/** The error of a client that does not ask for another token by itself. */
const final = (because: WebSocketError): WebSocketError => {
  const { code, about } = because
  return code === 'auth/rejected' && about
    ? Object.freeze({ ...because, ...told(code, { ...about, final: 1 }) })
    : because
}
export const awaitsSignIn = ({ code }: WebSocketError): boolean => code === 'auth/signed-out'

export const ask = (
  { generation }: State,
  reason: Reason,
  attempt: number,
  rejections: number,
  ...outputs: Output[]
): Move => to({ _tag: 'Authorizing', attempt, generation, rejections }, ...outputs, { _tag: 'Ask', reason })
export const first = (s: State): Move => ask(s, 'first', 0, 0)
export const idle = ({ generation }: State, because: Quiet): Move => rest({ _tag: 'Idle', because, generation })
export const stop = ({ generation }: State, because: WebSocketError, ...outputs: Output[]): Move => {
  const stopped: State = { _tag: 'Stopped', because: final(because), generation }
  return awaitsSignIn(because) ? to(stopped, ...outputs) : rest(stopped, ...outputs)
}
export const close = ({ generation }: State, { because }: Tagged<Input, 'Close'>): Move =>
  rest({ _tag: 'Closed', generation, ...(because && { because }) })
export const suspend = ({ attempt, generation }: Trying | Tagged<State, 'Waiting'>, wish?: Wish): Move =>
  rest({ _tag: 'Suspended', because: 'frozen', attempt, generation, ...(wish && { wish }) })
export const resume = (s: Tagged<State, 'Suspended'>, { now }: StepContext): Move => {
  const { attempt, generation, wish } = s
  return wish && now < wish.until
    ? to({ _tag: 'Waiting', attempt, generation, ...wish })
    : ask(s, 'reconnect', attempt, 0)
}
