import { excerpt } from '../core/error.js'

/** A failure without a call to report it to. */
export interface Fault {
  /** The cause: a subscriber, a user's function, the peer, the store, conflicting calls, or this library. */
  readonly _tag: 'SubscriberThrew' | 'FunctionThrew' | 'BadFrame' | 'StoreFailed' | 'Misuse' | 'Defect'
  /** Description of the failure, bounded and without secrets. */
  readonly message: string
}

export const fault = (_tag: Fault['_tag'], message: unknown): Fault =>
  Object.freeze({ _tag, message: typeof message === 'string' ? message : excerpt(message) })
