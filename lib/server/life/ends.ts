import * as E from '#fp/Either'
import type { Cancel, Context } from '../context.js'
import { writeQueue } from '../directory/write-queue.js'
import type { Payer } from '../owner.js'
import type { Put, Row, TableId, Tables } from '../tables/model.js'
import type { Life } from './life.js'
import type { RoomRecord } from './record.js'

/** The times at which rooms end by themselves: any server looks at a room then, also if nobody uses it. */
export interface Ends {
  /**
   * Notes when to look at a room whose record is about to be written, and then calls `then`: a server that stops between
   * the two leaves a row too many, and no room without an end.
   */
  readonly note: NoteEnd
  /** This server is in use: it looks at the table now, or a while after it did. */
  readonly wake: () => void
  readonly close: () => void
}

/** `before` is the record that is to be replaced, and `payer` pays for the turn of the answer. */
export type NoteEnd = (
  what: { readonly room: string; readonly record: RoomRecord; readonly before?: RoomRecord | undefined },
  then: () => void,
  payer?: Payer,
) => void

/** Reads the life of a room; `undefined` where the engine does not answer. */
type ReadLife = (room: string, then: (life: Life | undefined) => void) => void

/** The table: a row without a value for each room and time. */
const endsTable: TableId = { of: 'ends', room: '' }

/** The table is read at least so often, in ms, while it has rows. */
const sweepMs = 60_000
/** A room with members at another server is looked at again after its `emptyTtlMs`, and at least after so long, in ms. */
const leastPauseMs = 600_000
/** The rows of one page, and the least ms until the next one. */
const pageRows = 256
const pauseMs = 1_000

/** The digits of a time: keys are in the order of their times. */
const digits = 15
const keyOf = (at: number, room: string): string => `${String(Math.ceil(at)).padStart(digits, '0')}\n${room}`
const timeIn = (key: string): number => Number(key.slice(0, digits))
const roomIn = (key: string): string => key.slice(digits + 1)

/** Returns the time at which an open room is to be looked at, if it was looked at now; `Infinity`: never. */
const firstLook = ({ closed, closing, closesAt = Infinity, emptyTtlMs = Infinity }: RoomRecord, now: number): number =>
  closed ? Infinity : Math.min(closesAt, closing?.at ?? Infinity, now + emptyTtlMs)

const termsOf = ({ closed, closing, closesAt, emptyTtlMs }: RoomRecord): string =>
  JSON.stringify([closed?.at, closing?.at, closesAt, emptyTtlMs])

/** `read` reads the life of a room, which then does what is due. */
export const ends = (context: Context, tables: Tables, read: ReadLife): Ends => {
  const { time, now, settings } = context
  const { wall } = settings
  let waiting: Cancel | undefined
  let wakesAt = Infinity
  let readAt = -Infinity
  let isReading = false
  let isClosed = false

  const wakeIn = (ms: number): void => {
    const at = Math.max(now() + ms, readAt + pauseMs)
    if (isClosed || at >= wakesAt) return
    waiting?.()
    wakesAt = at
    // The answer of a read under way sets the timer.
    if (!isReading) waiting = time.at(at, sweep).cancel
  }
  const putOf = (room: string, at: number): Put => ({ _tag: 'Put', key: keyOf(at, room), value: '0' })
  const wakeAt = (at: number): void => {
    wakeIn(Math.min(sweepMs, Math.max(1, at - wall())))
  }
  const queue = writeQueue({
    context,
    tables,
    id: endsTable,
    full: 'the engine notes no further end of a room',
    // A sweep before it has not seen the row.
    written: (_room, { _tag, key }) => {
      if (_tag === 'Put') wakeAt(timeIn(key))
    },
  })
  const note = (room: string, at: number): void => {
    queue.add(room, putOf(room, at))
  }
  /** Returns when to look at a room again. */
  const nextLook = (life: Life, at: number): number => {
    const record = life.record
    if (!record) return Infinity
    const planned = life.plannedEnd()?.at ?? Infinity
    const { emptyTtlMs } = record
    const pause = emptyTtlMs === undefined ? Infinity : at + Math.max(leastPauseMs, emptyTtlMs)
    const next = Math.min(firstLook({ ...record, emptyTtlMs: Infinity }, at), planned, pause)
    // One that is due now may not have ended yet.
    return next <= at ? at + sweepMs : next
  }
  const look = ({ key }: Row): void => {
    const room = roomIn(key)
    read(room, (life) => {
      if (!life || isClosed) return
      const next = nextLook(life, wall())
      if (next < Infinity) note(room, next)
      queue.add(room, { _tag: 'Drop', key, cause: 'looked' })
    })
  }
  const sweep = (): void => {
    waiting = undefined
    wakesAt = Infinity
    isReading = true
    readAt = now()
    context.engine(
      () => tables.page(endsTable, { count: pageRows }),
      (page) => {
        isReading = false
        const asked = wakesAt
        wakesAt = Infinity
        if (asked < Infinity) wakeIn(asked - now())
        if (isClosed) return
        if (E.isLeft(page)) {
          context.fault({ where: 'engine', message: page.left })
          wakeIn(sweepMs)
          return
        }
        const { rows, more } = page.right
        const at = wall()
        const due = rows.filter(({ key }) => timeIn(key) <= at)
        for (const each of due) look(each)
        const next = rows[due.length]
        if (next) wakeIn(Math.min(sweepMs, timeIn(next.key) - at))
        else if (due.length > 0) wakeIn(more ? pauseMs : sweepMs)
      },
    )
  }
  return {
    note: ({ room, record, before }, then, payer) => {
      const first = firstLook(record, wall())
      if (first === Infinity || (before && termsOf(before) === termsOf(record))) {
        then()
        return
      }
      // The record is written by then.
      const at = Math.max(first, wall() + settings.answerMs)
      context.engine(
        () => tables.write(endsTable, [putOf(room, at)]),
        (answer) => {
          if (E.isRight(answer) && answer.right[0]?._tag === 'Written') wakeAt(at)
          else note(room, at)
          then()
        },
        payer,
      )
    },
    wake: () => {
      wakeIn(Math.max(0, readAt + sweepMs - now()))
    },
    close: () => {
      isClosed = true
      waiting?.()
      queue.close()
    },
  }
}
