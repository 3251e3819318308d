import type { Deadline } from '../core/deadlines.js'
import type { Position } from '../core/position.js'
import type { Result } from '../core/result.js'
import type { Durability } from '../protocol/frame.js'

/** What the server said about a message that it accepted. */
export interface Receipt {
  readonly id: string
  readonly room: string
  /** Its place in the room's log. */
  readonly position: Position
  /** When the server logged it, in ms since 1970 by the server's clock. */
  readonly at: number
  /** The server knew it already: this is the first outcome, told again. */
  readonly repeated: boolean
  /** What the server promises about its log. */
  readonly durability: Durability
}

/** A message on its way out. */
export interface Entry {
  readonly id: string
  readonly room: string
  readonly event: string
  /** The payload as JSON text, as it was when it was given. */
  readonly text: string
  readonly bytes: number
  /** Its place in its lane, once it was queued. */
  seq: number
  /** Its number on the present link, 0 if it is not in flight. */
  ref: number
  /** When it was written first, of the times that may have counted, on the scheduler's clock. */
  writtenAt: number | undefined
  /** Its present writing says that an earlier one may have counted. */
  retry: boolean
  /** What every server that it was written to called its memory of lanes; `undefined` if they differ or do not say. */
  lanes: string | undefined
  deadline: Deadline | undefined
  readonly settle: (result: Result<Receipt>) => void
}

/** Whether the server may have accepted it. */
export const executed = ({ writtenAt }: Entry): 'no' | 'unknown' => (writtenAt === undefined ? 'no' : 'unknown')
