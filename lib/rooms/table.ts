import type { WebSocketError } from '../core/error.js'
import type { Step } from '../core/machine.js'
import type { Joined, Permission } from '../protocol/frame.js'

/**
 * Where a room stands on the present link. `Wanted`: its join is to be written; `Joining`: written, not answered;
 * `Refused`: by the server, or nobody answered; `Barred`: refused until somebody asks for it anew.
 */
export type Have = 'Out' | 'Wanted' | 'Joining' | 'In' | 'Refused' | 'Barred'

/** What happens to a room. */
export type Input =
  /** Somebody needs it who did not, or asks for it by `join()`. */
  | { readonly _tag: 'Wanted' }
  /** Nobody has needed it for `lingerMs`. */
  | { readonly _tag: 'Unwanted' }
  /** Its join was written, under a number of its own. */
  | { readonly _tag: 'Written' }
  | { readonly _tag: 'Joined'; readonly answer: Joined }
  /** The server refuses the join, or ends the membership. */
  | { readonly _tag: 'Left'; readonly because: WebSocketError }
  /** No join of the link was answered for `joinMs`. */
  | { readonly _tag: 'Overdue'; readonly because: WebSocketError }
  /** What comes does not follow what was had: it is to be joined again, from its position. */
  | { readonly _tag: 'Holed' }
  /** What the user may do there has changed. */
  | { readonly _tag: 'Granted'; readonly permissions: readonly Permission[] }
  | { readonly _tag: 'LinkLost' }
  /** The time has come that was set by `Retry`. */
  | { readonly _tag: 'RetryDue' }
  /** There is another token, or a reason as good. */
  | { readonly _tag: 'Again' }

/** What is done, in order. */
export type Output =
  /** Its join is due with the next that are written; a time set by `Retry` is not waited for. */
  | 'Join'
  /** It is not due any more. */
  | 'Withdraw'
  /** `leave` is written for its number. */
  | 'Leave'
  /** Its number is over, with what was granted: what still comes under it is dropped. */
  | 'Retire'
  /** What is missing between the position that was asked for and that of the answer is told to the streams. */
  | 'Gap'
  /** Position and permissions are those of the answer. */
  | 'Seat'
  /** The permissions are those of the input. */
  | 'Grant'
  /** Why it is refused is kept. */
  | 'Refuse'
  /** `membership$` says where it stands now. */
  | 'Tell'
  /** The streams are told why it is refused. */
  | 'Report'
  /** `join()`s that wait are answered. */
  | 'Answer'
  /** A time is set at which it is tried again. */
  | 'Retry'
  /** Position, refusal, and what was asked for go with the membership. */
  | 'Forget'

type Tagged<Tag extends Input['_tag']> = Extract<Input, { readonly _tag: Tag }>
type On<I> = (input: I, isHeld: boolean) => Step<Have, Output>

/** Every state with every input, by type. */
export type Table = {
  readonly [H in Have]: { readonly [I in Input['_tag']]: On<Tagged<I>> }
}

/** Steps are made once: thousands of rooms are joined at a time. */
const to = (have: Have, ...outputs: Output[]): Step<Have, Output> => Object.freeze([have, Object.freeze(outputs)])
const always = (have: Have, ...outputs: Output[]): On<unknown> => {
  const step = to(have, ...outputs)
  return () => step
}
const ifHeld = (held: Step<Have, Output>, free: Step<Have, Output>): On<unknown> => {
  return (_, isHeld) => (isHeld ? held : free)
}

/** Being removed is not undone by a reconnect. */
const isBarring = ({ code }: WebSocketError): boolean => code === 'room/kicked'
/** Worth another try without a change. */
const isForNow = ({ kind, retryAfterMs }: WebSocketError): boolean => kind === 'retry' || retryAfterMs !== undefined

/** The diagram of docs/architecture.md, an arrow a cell. `stay…` means: nothing of that kind matters here. */
const table = (): Table => {
  const [stayOut, stayWanted, stayJoining] = [always('Out'), always('Wanted'), always('Joining')]
  const [stayIn, stayRefused, stayBarred] = [always('In'), always('Refused'), always('Barred')]
  const want = always('Wanted', 'Join', 'Tell')
  const leave = always('Out', 'Leave', 'Retire', 'Forget', 'Tell')
  const forget = always('Out', 'Forget', 'Tell')
  const barred = to('Barred', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer')
  const retried = to('Refused', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer', 'Retry')
  const refused = to('Refused', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer')
  const left: On<Tagged<'Left'>> = ({ because }) =>
    isBarring(because) ? barred : isForNow(because) ? retried : refused
  const lost = ifHeld(to('Wanted', 'Retire', 'Join', 'Tell'), to('Out', 'Retire', 'Tell'))
  const again = ifHeld(to('Wanted', 'Join', 'Tell'), to('Refused'))

  return {
    Out: {
      Wanted: want, Unwanted: forget,
      Written: stayOut, Joined: stayOut, Left: stayOut, Overdue: stayOut, Holed: stayOut, Granted: stayOut, LinkLost: stayOut,
      RetryDue: stayOut, Again: stayOut,
    },
    Wanted: {
      Wanted: stayWanted, Unwanted: always('Out', 'Withdraw', 'Forget', 'Tell'),
      Written: always('Joining'), Joined: stayWanted, Left: stayWanted, Overdue: stayWanted, Holed: stayWanted, Granted: stayWanted,
      LinkLost: ifHeld(to('Wanted'), to('Out', 'Withdraw', 'Tell')),
      RetryDue: stayWanted, Again: stayWanted,
    },
    Joining: {
      Wanted: stayJoining, Unwanted: leave,
      Written: stayJoining, Joined: always('In', 'Gap', 'Seat', 'Tell', 'Answer'), Left: left,
      Overdue: always('Refused', 'Leave', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer', 'Retry'),
      Holed: stayJoining, Granted: stayJoining, LinkLost: lost, RetryDue: stayJoining, Again: stayJoining,
    },
    In: {
      Wanted: stayIn, Unwanted: leave,
      Written: stayIn, Joined: stayIn, Left: left, Overdue: stayIn,
      Holed: always('Wanted', 'Leave', 'Retire', 'Join', 'Tell'), Granted: always('In', 'Grant', 'Tell'),
      LinkLost: lost, RetryDue: stayIn, Again: stayIn,
    },
    Refused: {
      Wanted: want, Unwanted: forget,
      Written: stayRefused, Joined: stayRefused, Left: stayRefused, Overdue: stayRefused, Holed: stayRefused, Granted: stayRefused,
      LinkLost: ifHeld(to('Wanted', 'Join', 'Tell'), to('Out', 'Tell')),
      RetryDue: again, Again: again,
    },
    Barred: {
      Wanted: want, Unwanted: forget,
      Written: stayBarred, Joined: stayBarred, Left: stayBarred, Overdue: stayBarred, Holed: stayBarred, Granted: stayBarred,
      LinkLost: stayBarred, RetryDue: stayBarred, Again: stayBarred,
    },
  } // prettier-ignore
}

const rows: Readonly<Record<Have, Readonly<Record<Input['_tag'], On<Input>>>>> = table() as never

/**
 * Where a room stands after an input, and what is done about it; `isHeld`: somebody needs it. A step that changes nothing
 * is the same state without outputs; no step allocates.
 */
export const step = (have: Have, input: Input, isHeld: boolean): Step<Have, Output> =>
  rows[have][input._tag](input, isHeld)
