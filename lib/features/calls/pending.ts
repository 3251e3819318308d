import type { CallKind, Left, Reply } from '../../protocol/frame.js'
import type { Deadline } from '../../core/deadlines.js'
import type { WebSocketError } from '../../core/error.js'
import type { CallNames } from './failure.js'
import type { Stage } from './table.js'

/** A call to make. */
export interface Ask extends CallNames {
  readonly kind: CallKind
  /** The input as a JSON value; `undefined`: none. */
  readonly data: unknown
  /** The bytes of the input. */
  readonly bytes: number
  /** The answer is to tell the position of the room. */
  readonly seen: boolean
  /** The time for the answer, of a stream for the first one, in ms. */
  readonly withinMs: number
  /** Of a stream: the longest pause between its replies, in ms. */
  readonly idleMs: number
  /** Of a stream: the most replies that are under way. */
  readonly window: number
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
  /** The number on the present link; 0 where it has none. */
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
