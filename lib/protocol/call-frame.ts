import type { CallKind } from '../core/call-kind.js'
import type { Position } from '../core/position.js'
import type { Sender } from './message-frame.js'
import type { Refusal } from './terms.js'

export type { CallKind } from '../core/call-kind.js'

/** The capability to take calls, and to answer those of the other end. */
export const CALLS = 'calls'

/** The capability to take calls to the members of a room, and to say which calls a client answers. */
export const ASKS = 'asks'

/** The table of those who answer calls in a room. */
export const ANSWERS = 'answers'

/** The most bytes of the input of a call to members, and of the answer of one. */
export const askBytes = 16_384

/**
 * The answers that a call to members needs: of all that are asked, of the first one, of more than half, or of so many. A
 * value and a declared error are answers.
 */
export type Until = 'all' | 'first' | 'quorum' | number

/** The kinds of calls that members answer. */
export type AskKind = Exclude<CallKind, 'stream'>

/** Calls a function of the other end, under a number of its own. */
export interface CallFrame {
  readonly t: 'call'
  readonly ch: number
  /** The name of this call, the same in each repetition. */
  readonly id: string
  readonly name: string
  readonly kind: CallKind
  /** Absent: the call is for no room. */
  readonly room?: string
  readonly data?: unknown
  /** The time that is left for the answer, of a stream for the next one, in ms. Absent: no limit. */
  readonly withinMs?: number
  /** The answer tells the position of the room after the effect of the call. */
  readonly seen?: boolean
  /** The call was written before. */
  readonly again?: boolean
  /** With `again` of a command: the memory of commands of the first welcome. */
  readonly commands?: string
  /** Of a stream: the last reply that arrived. Default 0. */
  readonly after?: number
  /** Of a stream: the last reply that may be written. */
  readonly credit?: number
  /** The call is for the members of the room. */
  readonly until?: Until
}

/** Calls a function of a client, which answers it in the room. */
export interface Question {
  readonly t: 'call'
  /** The number that the server gives it on this link. */
  readonly ch: number
  /** Unique among the questions to this client. */
  readonly id: string
  readonly name: string
  readonly kind: AskKind
  readonly room: string
  readonly data?: unknown
  /** The time that is left for the answer, in ms. */
  readonly withinMs: number
  /** The session that asks. Absent: the server. */
  readonly from?: Sender
}

/** The answer of a client to a question: `none` is the reason why it has no other. */
export interface Answering {
  readonly t: 'reply'
  readonly ch: number
  readonly is: 'last' | 'error' | 'none'
  readonly data?: unknown
  /** The name of a declared error. */
  readonly error?: string
  /** Of `none`: a code of a refusal. */
  readonly code?: string
}

/** Gives up a call, or forbids one that has not arrived yet. */
export interface Cancel {
  readonly t: 'cancel'
  readonly id: string
}

/** Allows the replies of a stream up to that one, and says that all but a window before it have arrived. */
export interface Credit {
  readonly t: 'credit'
  readonly ch: number
  readonly upTo: number
  /** The last reply that arrived. */
  readonly seen: number
}

/**
 * The meaning of a reply: `value` is one of several, `last` the only one; `end` completes a stream; `error` is one that
 * the contract declares; `gap`: the replies up to this one are lost; `none`: a member has no answer.
 */
export type ReplyWord = 'end' | 'value' | 'last' | 'error' | 'gap' | 'none'

/** A reply to the call with that `ch`. The replies of a call are numbered from 1. A `left` with that `ch` refuses the call. */
export interface Reply {
  readonly t: 'reply'
  readonly ch: number
  readonly n: number
  readonly is: ReplyWord
  readonly data?: unknown
  /** The name of a declared error. */
  readonly error?: string
  /** The position of the room after the effect of the call. */
  readonly at?: Position
  /** Of a call to members: the session that answers. Absent at the `end`. */
  readonly from?: Sender
  /** With `none`: the reason. */
  readonly because?: Refusal
}
