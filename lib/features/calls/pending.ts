import type { Deadline, Deadlines } from '../../core/deadlines.js'
import type { WebSocketError } from '../../core/error.js'
import type { CallFrame, CallKind, Credit, Left, Reply, Until } from '../../protocol/frame.js'
import { callFailure, type CallNames } from '../../contract/call-failure.js'
import type { Stage } from './table.js'

/** A call to make. */
export interface Ask extends CallNames {
  readonly kind: CallKind
  /** The input as JSON text; `undefined`: none. */
  readonly data: string | undefined
  /** The answer is to tell the position of the room. */
  readonly seen: boolean
  /** The time for the answer, of a stream for the first one, in ms. */
  readonly withinMs: number
  /** Of a stream: the longest pause between its replies, in ms. */
  readonly idleMs: number
  /** Of a stream: the most replies that are under way. */
  readonly window: number
  /** The call is for members of the room: the answers that it needs. */
  readonly until?: Until
}

/** The caller. Called in a turn. */
export interface Caller {
  /** Takes a reply. Nothing follows a reply other than `value` and `gap`. */
  readonly reply: (frame: Reply) => void
  /** Takes the server's refusal. Nothing follows it. */
  readonly refused: (frame: Left) => void
  /** Takes the error of a call that the client ends. Nothing follows it. */
  readonly failed: (because: WebSocketError) => void
}

/** A call from the subscription to its last answer. */
export interface Pending {
  readonly ask: Ask
  readonly caller: Caller
  stage: Stage
  /** The number on the last link on which it was written; 0 before. */
  ch: number
  /** The server's memory of commands at the first writing. */
  commands: string | undefined
  /** The time at which it fails. */
  dueAt: number
  deadline: Deadline | undefined
  /** Of a stream: the last reply that arrived, and the last one that the server may write. */
  after: number
  credit: number
}

export const pendingCall = (ask: Ask, caller: Caller, now: number): Pending => ({
  ask,
  caller,
  stage: 'Waiting',
  ch: 0,
  commands: undefined,
  dueAt: now + ask.withinMs,
  deadline: undefined,
  after: 0,
  credit: ask.window,
})

/** The frame of a call on the present link, without its input. */
export const frameOf = ({ ask, stage, commands, after, credit, ch, dueAt }: Pending, now: number): CallFrame => {
  const { id, call: name, kind, room, seen, until } = ask
  const frame: Written = { t: 'call', ch, id, name, kind }
  if (room !== undefined) frame.room = room
  if (dueAt < Infinity) frame.withinMs = leftMs(dueAt - now, until)
  if (seen) frame.seen = seen
  if (stage === 'Repeating') {
    frame.again = true
    if (commands !== undefined) frame.commands = commands
  }
  if (kind === 'stream') {
    frame.after = after
    frame.credit = credit
  }
  if (until !== undefined) frame.until = until
  return frame
}

/** A frame that is being made: as a literal of conditional parts it took several times as long. */
type Written = { -readonly [K in keyof CallFrame]: CallFrame[K] }

/** The part of the time of a call to members, and its most ms, in which the server says who is late. */
const share = 0.1
const mostTellingMs = 1_000

/** The time for the answer that the server gets. */
const leftMs = (ms: number, until: Until | undefined): number =>
  Math.max(0, Math.ceil(until === undefined ? ms : ms - Math.min(ms * share, mostTellingMs)))

/** Tells if a call without an answer may have run. A query that has run has no effect. */
export const executed = ({ stage, ask }: Pending): 'no' | 'unknown' =>
  stage === 'Waiting' || ask.kind === 'query' ? 'no' : 'unknown'

/** Calls `late` when the time of a call is over. */
export const watch = (pending: Pending, deadlines: Deadlines, late: () => void): void => {
  if (pending.dueAt === Infinity) return
  pending.deadline = deadlines.at(pending.dueAt, () => {
    // The replies of a stream have moved the time.
    if (deadlines.now() < pending.dueAt) watch(pending, deadlines, late)
    else late()
  })
}

/** The error of a call whose time is over. */
export const lateOf = (pending: Pending): WebSocketError => {
  const { ask, after } = pending
  return after > 0
    ? callFailure('call/idle', ask, 'yes', { afterMs: ask.idleMs })
    : callFailure('call/late', ask, executed(pending), { afterMs: ask.withinMs })
}

/** The error of a call at the end of the connection: that of the connection, unless the call may have run. */
export const lostBy = (pending: Pending, because: WebSocketError): WebSocketError =>
  executed(pending) === 'no' ? because : callFailure('call/lost', pending.ask, 'unknown')

/** Takes the next reply of a stream. Returns the frame that allows more of them, if it is time. */
export const advance = (pending: Pending, n: number, now: number): Credit | undefined => {
  const { ask, credit, ch } = pending
  pending.after = n
  pending.dueAt = now + ask.idleMs
  if (credit - n > ask.window / 2) return undefined
  pending.credit = n + ask.window
  return { t: 'credit', ch, upTo: pending.credit, seen: n }
}
