import type { WebSocketError } from '../core/error.js'
import type { Step } from '../core/machine.js'
import type { Joined, Permission } from '../protocol/frame.js'

/**
 * The state of a room on the current link. `Wanted`: its join waits to be written; `Joining`: written, not answered;
 * `Refused`: by the server, or by timeout; `Kicked`: refused until a new request.
 */
export type RoomState = 'Out' | 'Wanted' | 'Joining' | 'In' | 'Refused' | 'Kicked'

/** The events of a room. */
export type Input =
  /** The room has its first hold, or a `join()` asks for it. */
  | { readonly _tag: 'Wanted' }
  /** The room had no hold for `lingerMs`. */
  | { readonly _tag: 'Unwanted' }
  /** Its join was written, under its own number. */
  | { readonly _tag: 'Written' }
  | { readonly _tag: 'Joined'; readonly answer: Joined }
  /** The server refused the join, or ended the membership. */
  | { readonly _tag: 'Left'; readonly because: WebSocketError }
  /** No join of the link was answered for `joinMs`. */
  | { readonly _tag: 'Overdue'; readonly because: WebSocketError }
  /** A gap was detected: rejoin from the last known position. */
  | { readonly _tag: 'GapDetected' }
  /** The user's permissions there have changed. */
  | { readonly _tag: 'Granted'; readonly permissions: readonly Permission[] }
  | { readonly _tag: 'LinkLost' }
  /** The timer of `Retry` fired. */
  | { readonly _tag: 'RetryDue' }
  /** Another token is in force, or a reason as good. */
  | { readonly _tag: 'Rejoin' }

/** The actions of a step, in order. */
export type Output =
  /** Queue its join for writing; cancel the timer of `Retry`. */
  | 'Join'
  /** Remove its join from the queue. */
  | 'Withdraw'
  /** Write `leave` for its number. */
  | 'Leave'
  /** End its number and its grants: later frames under it are dropped. */
  | 'Retire'
  /** Report the gap between the requested position and the answer's to the streams. */
  | 'Gap'
  /** Take position and permissions from the answer. */
  | 'SetPosition'
  /** Take the permissions from the input. */
  | 'Grant'
  /** Keep the reason of the refusal. */
  | 'Refuse'
  /** Update `membership$`. */
  | 'Tell'
  /** Report the refusal to the streams. */
  | 'Report'
  /** Answer the waiting `join()`s. */
  | 'Answer'
  /** Set a timer for the next try. */
  | 'Retry'
  /** Drop position, refusal and join options with the membership. */
  | 'Forget'

type InputTag = Input['_tag']
type Tagged<Tag extends InputTag> = Extract<Input, { readonly _tag: Tag }>
type On<I> = (input: I, isHeld: boolean) => Step<RoomState, Output>
type OfLink = 'Written' | 'Joined' | 'Left' | 'Overdue' | 'GapDetected' | 'Granted'

/** The inputs that have no effect in a state. */
interface Ignored {
  readonly Out: OfLink | 'LinkLost' | 'RetryDue' | 'Rejoin'
  readonly Wanted: Exclude<OfLink, 'Written'> | 'Wanted' | 'RetryDue' | 'Rejoin'
  readonly Joining: 'Wanted' | 'Written' | 'GapDetected' | 'Granted' | 'RetryDue' | 'Rejoin'
  readonly In: 'Wanted' | 'Written' | 'Joined' | 'Overdue' | 'RetryDue' | 'Rejoin'
  readonly Refused: OfLink
  readonly Kicked: OfLink | 'LinkLost' | 'RetryDue' | 'Rejoin'
}

/** A cell for every state and every other input, checked by type. */
export type Table = {
  readonly [H in RoomState]: { readonly [I in Exclude<InputTag, Ignored[H]>]: On<Tagged<I>> }
}

/** Makes a step once: thousands of rooms join at a time. */
const to = (have: RoomState, ...outputs: Output[]): Step<RoomState, Output> =>
  Object.freeze([have, Object.freeze(outputs)])
const always = (have: RoomState, ...outputs: Output[]): On<unknown> => {
  const step = to(have, ...outputs)
  return () => step
}
const ifHeld = (held: Step<RoomState, Output>, free: Step<RoomState, Output>): On<unknown> => {
  return (_, isHeld) => (isHeld ? held : free)
}

/** A reconnect does not undo a removal by the server. */
const isBarring = ({ code }: WebSocketError): boolean => code === 'room/kicked'
/** True for a refusal that may be retried unchanged. */
const isForNow = ({ kind, retryAfterMs }: WebSocketError): boolean => kind === 'retry' || retryAfterMs !== undefined

/** The diagram of docs/architecture.md, one cell per arrow. */
const table = (): Table => {
  const want = always('Wanted', 'Join', 'Tell')
  const leave = always('Out', 'Leave', 'Retire', 'Forget', 'Tell')
  const unheld = { Wanted: want, Unwanted: always('Out', 'Forget', 'Tell') }
  const kicked = to('Kicked', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer')
  const retried = to('Refused', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer', 'Retry')
  const refused = to('Refused', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer')
  const linked = {
    Unwanted: leave,
    Left: ({ because }: Tagged<'Left'>) => (isBarring(because) ? kicked : isForNow(because) ? retried : refused),
    LinkLost: ifHeld(to('Wanted', 'Retire', 'Join', 'Tell'), to('Out', 'Retire', 'Tell')),
  }
  const again = ifHeld(to('Wanted', 'Join', 'Tell'), stay.Refused)

  return {
    Out: unheld,
    Wanted: {
      Unwanted: always('Out', 'Withdraw', 'Forget', 'Tell'),
      Written: always('Joining'),
      LinkLost: ifHeld(stay.Wanted, to('Out', 'Withdraw', 'Tell')),
    },
    Joining: {
      ...linked,
      Joined: always('In', 'Gap', 'SetPosition', 'Tell', 'Answer'),
      Overdue: always('Refused', 'Leave', 'Retire', 'Refuse', 'Tell', 'Report', 'Answer', 'Retry'),
    },
    In: {
      ...linked,
      GapDetected: always('Wanted', 'Leave', 'Retire', 'Join', 'Tell'),
      Granted: always('In', 'Grant', 'Tell'),
    },
    Refused: {
      ...unheld,
      LinkLost: ifHeld(to('Wanted', 'Join', 'Tell'), to('Out', 'Tell')),
      RetryDue: again,
      Rejoin: again,
    },
    Kicked: unheld,
  }
}

/** The steps that change nothing. */
const stay: Readonly<Record<RoomState, Step<RoomState, Output>>> = /*#__PURE__*/ Object.freeze({
  Out: /*#__PURE__*/ to('Out'),
  Wanted: /*#__PURE__*/ to('Wanted'),
  Joining: /*#__PURE__*/ to('Joining'),
  In: /*#__PURE__*/ to('In'),
  Refused: /*#__PURE__*/ to('Refused'),
  Kicked: /*#__PURE__*/ to('Kicked'),
})

// A cell takes the input of its tag, which this type cannot say.
const cells = /*#__PURE__*/ table() as Readonly<Record<RoomState, Partial<Record<InputTag, On<Input>>>>>

/**
 * Returns the next state of a room and its actions; `isHeld`: the room has a hold. A step that changes nothing is the
 * same state without outputs; no step allocates.
 */
export const step = (have: RoomState, input: Input, isHeld: boolean): Step<RoomState, Output> =>
  cells[have][input._tag]?.(input, isHeld) ?? stay[have]
