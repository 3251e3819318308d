import { excerpt } from '../core/error.js'

/** Something went wrong that no call can be told of. */
export interface Fault {
  /** The cause: a subscriber, a user's function, the peer, the store, calls that defeat each other, or this library. */
  readonly _tag: 'SubscriberThrew' | 'FunctionThrew' | 'BadFrame' | 'StoreFailed' | 'Misuse' | 'Defect'
  /** What happened, bounded and without secrets. */
  readonly message: string
}

export const fault = (_tag: Fault['_tag'], message: unknown): Fault =>
  Object.freeze({ _tag, message: typeof message === 'string' ? message : excerpt(message) })
