import type { WebSocketError } from '../core/error.js'
import type { Step } from '../core/machine.js'

/** Where a request for a page stands. `Waiting`: for a link, or for its turn on it. */
export type Stage = 'Waiting' | 'Asked' | 'Pausing' | 'Over'

/** What happens to a request. */
export type Input =
  /** It was written, under a number of its own. */
  | { readonly _tag: 'Written' }
  /** The answer is complete. */
  | { readonly _tag: 'Page' }
  | { readonly _tag: 'Refused'; readonly because: WebSocketError }
  /** Nothing has come of it for too long. */
  | { readonly _tag: 'Overdue'; readonly because: WebSocketError }
  | { readonly _tag: 'LinkLost' }
  | { readonly _tag: 'PauseOver' }
  /** Whoever asked does not want it any more, or it can never be answered. */
  | { readonly _tag: 'GivenUp'; readonly because: WebSocketError }

/** What is done, in order. */
export type Output =
  /** It is due with the next that are written. */
  | 'Queue'
  /** It is not any more. */
  | 'Withdraw'
  /** `leave` is written for its number. */
  | 'Leave'
  /** Its number is over, with what came under it. */
  | 'Retire'
  /** A time is set at which it is asked again. */
  | 'Pause'
  /** Whoever asked has the page. */
  | 'Answer'
  /** Whoever asked is told why there is none. */
  | 'Fail'

type Tagged<Tag extends Input['_tag']> = Extract<Input, { readonly _tag: Tag }>
type On<I> = (input: I) => Step<Stage, Output>

/** Every stage with every input, by type. */
export type Table = {
  readonly [S in Stage]: { readonly [I in Input['_tag']]: On<Tagged<I>> }
}

const to = (stage: Stage, ...outputs: Output[]): On<unknown> => {
  const step: Step<Stage, Output> = Object.freeze([stage, Object.freeze(outputs)])
  return () => step
}

/** Worth another try without a change. */
const isForNow = ({ kind, retryAfterMs }: WebSocketError): boolean => kind === 'retry' || retryAfterMs !== undefined

/** `stay…` means: nothing of that kind matters here. */
const table = (): Table => {
  const [stayWaiting, stayAsked, stayPausing, stayOver] = [to('Waiting'), to('Asked'), to('Pausing'), to('Over')]
  const pause = to('Pausing', 'Retire', 'Pause')
  const fail = to('Over', 'Retire', 'Fail')

  return {
    Waiting: {
      Written: to('Asked'), Page: stayWaiting, Refused: stayWaiting, Overdue: stayWaiting, LinkLost: stayWaiting,
      PauseOver: stayWaiting, GivenUp: to('Over', 'Withdraw', 'Fail'),
    },
    Asked: {
      Written: stayAsked, Page: to('Over', 'Answer', 'Retire'),
      Refused: (input) => isForNow(input.because) ? pause(input) : fail(input),
      Overdue: to('Pausing', 'Leave', 'Retire', 'Pause'),
      LinkLost: to('Waiting', 'Retire', 'Queue'), PauseOver: stayAsked,
      GivenUp: to('Over', 'Leave', 'Retire', 'Fail'),
    },
    Pausing: {
      Written: stayPausing, Page: stayPausing, Refused: stayPausing, Overdue: stayPausing,
      LinkLost: to('Waiting', 'Queue'), PauseOver: to('Waiting', 'Queue'), GivenUp: to('Over', 'Fail'),
    },
    Over: {
      Written: stayOver, Page: stayOver, Refused: stayOver, Overdue: stayOver, LinkLost: stayOver, PauseOver: stayOver,
      GivenUp: stayOver,
    },
  } // prettier-ignore
}

const rows: Readonly<Record<Stage, Readonly<Record<Input['_tag'], On<Input>>>>> = table() as never

/** Where a request stands after an input, and what is done about it. A step that changes nothing has no outputs. */
export const step = (stage: Stage, input: Input): Step<Stage, Output> => rows[stage][input._tag](input)
