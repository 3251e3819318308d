import * as E from '#fp/Either'
import { start } from '../../client/action.js'
import type { Parts } from '../../client/parts.js'
import type { Checks } from '../../core/check.js'
import type { WebSocketError } from '../../core/error.js'
import { maskParts } from '../../core/redact-parts.js'
import type { Result, ResultStream } from '../../core/result.js'
import type { WaitOptions } from '../../core/wait.js'
import { aborted, roomFailure } from '../../rooms/error.js'
import { tables } from '../../tables/tables.js'
import type { RowOutcome, RowWrite } from '../../tables/writes.js'

/** An order about a room, at the call. */
export interface RoomOrder<T, O extends WaitOptions> {
  readonly parts: Parts
  readonly room: string
  /** A fault of the handle, or of an argument. */
  readonly fault: WebSocketError | undefined
  readonly options: O | null | undefined
  readonly checks: Checks
  readonly write: (options: Partial<O>) => RowWrite
  /** Makes the result of what the server answered. */
  readonly done: (value: unknown) => T
  /** Writes again where the link is lost before the answer, because a repeat has no further effect. */
  readonly isRepeated?: boolean
}

/** Secrets to remember: a client may be in many rooms, each with its own password or invitation. */
const remembered = 1_024

/** Masks a password or an invitation, and its parts and encodings, in foreign texts. */
export const noteSecret = ({ kernel }: Parts, kind: 'password' | 'invitation', secret: unknown): void => {
  const { secrets } = kernel.diagnostics
  secrets.use(maskParts)
  if (typeof secret === 'string') secrets.note(secret, kind, remembered)
}

/** Sends an order and answers once. */
export const order = <T, O extends WaitOptions>({
  parts,
  room,
  fault,
  options: raw,
  checks,
  write,
  done,
  isRepeated = false,
}: RoomOrder<T, O>): ResultStream<T> => {
  const { kernel, over } = parts
  return start<T, O>(kernel, raw, {
    checks,
    withinMs: kernel.config.deadlines.joinMs,
    cut: (cause, afterMs) =>
      cause === 'aborted' ? aborted(room) : roomFailure('room/timeout', 'unknown', room, { of: 'order', afterMs }),
    begin: (settle, options) => {
      const because = over() ?? fault
      if (because) {
        settle(E.left(because))
        return undefined
      }
      const what = write(options)
      let withdraw: (() => void) | undefined
      const put = (): void => {
        withdraw = parts.get(tables).put(what, answered)
      }
      const answered = (result: Result<RowOutcome>): void => {
        if (E.isRight(result)) settle(E.right(done('value' in result.right ? result.right.value : undefined)))
        else if (isRepeated && result.left.code === 'room/unanswered' && !over()) put()
        else settle(result)
      }
      put()
      return () => withdraw?.()
    },
  })
}
