import * as E from '#fp/Either'
import type { WebSocketError } from '../core/error.js'
import type { Result } from '../core/result.js'
import { refused } from '../kernel/refusal.js'
import type { ControlFrame, Kept, Left, Put, PutOk, RowFrame } from '../protocol/frame.js'
import { noTables, unanswered } from './error.js'

/** The write of a row. Without a value it drops the row. */
export type RowWrite = Pick<Put, 'room' | 'of' | 'key' | 'value' | 'ifNew' | 'ifVersion' | 'term'>

/** The outcome of a write: the version that it made, or the row that stays because a condition failed. */
export type RowOutcome =
  | { readonly _tag: 'Written'; readonly version: number }
  | { readonly _tag: 'Kept'; readonly row: RowFrame | undefined }

/** The writes of rows that wait for a link or for their answer. Call in a turn. */
export interface Writes {
  /** Writes a row on this link, or on the next one. Answers once. The returned function withdraws the write. */
  readonly put: (what: RowWrite, answered: (result: Result<RowOutcome>) => void) => () => void
  readonly done: (frame: PutOk) => void
  readonly kept: (frame: Kept) => void
  /** Takes the refusal of a write; any other has no effect. */
  readonly left: (frame: Left) => void
  /** Writes what waits, or refuses it where the server has no tables. */
  readonly flush: (isServed: boolean) => void
  /** The link ended: what was written on it has an unknown outcome. */
  readonly down: () => void
  /** Gives up what waits for a link. */
  readonly fail: (because: WebSocketError) => void
}

interface Writing {
  readonly what: RowWrite
  readonly answered: (result: Result<RowOutcome>) => void
  /** The number of the frame; 0 while it waits. */
  ch: number
}

/** `allot` returns a number for a frame on the present link, which `write` takes. */
export const writes = (allot: () => number, write: (frame: ControlFrame) => void): Writes => {
  const waiting = new Set<Writing>()
  const underWay = new Map<number, Writing>()

  const answer = (ch: number, result: (room: string) => Result<RowOutcome>): void => {
    const writing = underWay.get(ch)
    underWay.delete(ch)
    writing?.answered(result(writing.what.room))
  }
  return {
    put: (what, answered) => {
      const writing: Writing = { what, answered, ch: 0 }
      waiting.add(writing)
      return () => {
        waiting.delete(writing)
        if (underWay.delete(writing.ch)) write({ t: 'leave', ch: writing.ch })
      }
    },
    done: ({ ch, version }) => {
      answer(ch, () => E.right({ _tag: 'Written', version }))
    },
    kept: ({ ch, row }) => {
      answer(ch, () => E.right({ _tag: 'Kept', row }))
    },
    left: (frame) => {
      answer(frame.ch, (room) => E.left(refused(room, frame)))
    },
    flush: (isServed) => {
      for (const writing of [...waiting]) {
        const { what, answered } = writing
        waiting.delete(writing)
        if (!isServed) {
          answered(E.left(noTables(what.room)))
          continue
        }
        writing.ch = allot()
        underWay.set(writing.ch, writing)
        write({ t: 'put', ch: writing.ch, ...what })
      }
    },
    down: () => {
      for (const ch of [...underWay.keys()]) answer(ch, (room) => E.left(unanswered(room)))
    },
    fail: (because) => {
      for (const { answered } of [...waiting]) answered(E.left(because))
      waiting.clear()
    },
  }
}
