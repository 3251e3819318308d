import type { WebSocketError } from '../../core/error.js'
import type { Step } from '../../core/machine.js'
import { type Lookup, lookupIn } from '../../core/table.js'

/** The stage of a page request. `Waiting`: for a link, or for its turn on it. */
export type Stage = 'Waiting' | 'Asked' | 'Pausing' | 'Over'

/** The events of a request. */
export type Input =
  /** The request was written, under its own number. */
  | { readonly _tag: 'Written' }
  /** The answer is complete. */
  | { readonly _tag: 'Page' }
  | { readonly _tag: 'Refused'; readonly because: WebSocketError }
  /** No answer came in time. */
  | { readonly _tag: 'Overdue'; readonly because: WebSocketError }
  | { readonly _tag: 'LinkLost' }
  | { readonly _tag: 'PauseOver' }
  /** The requester no longer wants it, or it can never be answered. */
  | { readonly _tag: 'GivenUp'; readonly because: WebSocketError }

/** The actions of a step, in order. */
export type Output =
  /** Queue the request for writing. */
  | 'Queue'
  /** Remove the request from the queue. */
  | 'Withdraw'
  /** Write `leave` for its number. */
  | 'Leave'
  /** End its number and drop its pieces. */
  | 'Retire'
  /** Set a timer for the next try. */
  | 'Pause'
  /** Give the requester the page. */
  | 'Answer'
  /** Give the requester the error. */
  | 'Fail'

type Tagged<Tag extends Input['_tag']> = Extract<Input, { readonly _tag: Tag }>
type On<I> = (input: I) => Step<Stage, Output>

/** A cell for every stage and input, checked by type. */
export type Table = {
  readonly [S in Stage]: { readonly [I in Input['_tag']]: On<Tagged<I>> }
}

const to = (stage: Stage, ...outputs: Output[]): On<unknown> => {
  const step: Step<Stage, Output> = Object.freeze([stage, Object.freeze(outputs)])
  return () => step
}

/** True for a refusal that may be retried unchanged. */
const isForNow = ({ kind, retryAfterMs }: WebSocketError): boolean => kind === 'retry' || retryAfterMs !== undefined

/** `stay…` ignores the input. */
const table = (): Table => {
  const [stayWaiting, stayAsked, stayPausing, stayOver] = [to('Waiting'), to('Asked'), to('Pausing'), to('Over')]
  const pause = to('Pausing', 'Retire', 'Pause')
  const fail = to('Over', 'Retire', 'Fail')

  return {
    Waiting: {
      Written: to('Asked'),
      Page: stayWaiting,
      Refused: stayWaiting,
      Overdue: stayWaiting,
      LinkLost: stayWaiting,
      PauseOver: stayWaiting,
      GivenUp: to('Over', 'Withdraw', 'Fail'),
    },
    Asked: {
      Written: stayAsked,
      Page: to('Over', 'Answer', 'Retire'),
      Refused: (input) => (isForNow(input.because) ? pause(input) : fail(input)),
      Overdue: to('Pausing', 'Leave', 'Retire', 'Pause'),
      LinkLost: to('Waiting', 'Retire', 'Queue'),
      PauseOver: stayAsked,
      GivenUp: to('Over', 'Leave', 'Retire', 'Fail'),
    },
    Pausing: {
      Written: stayPausing,
      Page: stayPausing,
      Refused: stayPausing,
      Overdue: stayPausing,
      LinkLost: to('Waiting', 'Queue'),
      PauseOver: to('Waiting', 'Queue'),
      GivenUp: to('Over', 'Fail'),
    },
    Over: {
      Written: stayOver,
      Page: stayOver,
      Refused: stayOver,
      Overdue: stayOver,
      LinkLost: stayOver,
      PauseOver: stayOver,
      GivenUp: stayOver,
    },
  }
}

const cell = /*#__PURE__*/ lookupIn<Lookup<On<Input>, Stage, Input['_tag']>>(/*#__PURE__*/ table())

/** Returns the next stage and its actions. A step that changes nothing has no outputs. */
export const step = (stage: Stage, input: Input): Step<Stage, Output> => cell(stage, input._tag)(input)
