import * as E from '#fp/Either'
import { backoff, defaultBackoff } from '../../core/backoff.js'
import type { Cancel, Context } from '../context.js'
import type { TableId, Tables, Write, WriteOutcome } from '../tables/model.js'

/** Writes that wait for the engine: one for each row. */
export interface WriteQueue {
  /** Adds a write about a room. `then` hears whether the engine has decided it, or has failed: then the queue tries again. */
  readonly add: (room: string, write: Write, then?: Then) => void
  readonly close: () => void
}

export interface WriteQueueNeeds {
  readonly context: Context
  readonly tables: Tables
  readonly id: TableId
  /** Says that the table has no place. */
  readonly full: string
  /** Returns the one of two writes to a row that stays. Default: the newer one. */
  readonly later?: (older: Write, newer: Write) => Write
  /** Called before each batch. Calls `then` once the batch may be written, or with false to try it again later. */
  readonly prepare?: (writes: readonly Write[], then: (isReady: boolean) => void) => void
  /** A write was decided. */
  readonly written?: (room: string, write: Write, outcome: WriteOutcome | undefined) => void
}

type Then = (isDecided: boolean) => void

interface Waiting {
  readonly room: string
  readonly write: Write
  /** Those who wait for it. */
  readonly then: readonly Then[]
}

/** The most writes of one batch. */
const mostWrites = 256

/** Writes rows in their order, one batch at a time, and again after a failure. */
export const writeQueue = ({
  context,
  tables,
  id,
  full,
  later = (_older, newer) => newer,
  prepare = (_writes, then) => {
    then(true)
  },
  written = () => undefined,
}: WriteQueueNeeds): WriteQueue => {
  const { time, settings } = context
  /** By the key of the row. */
  const waiting = new Map<string, Waiting>()
  let isWriting = false
  let failures = 0
  let pausing: Cancel | undefined
  let isClosed = false

  const failed = (batch: readonly Waiting[]): void => {
    isWriting = false
    if (isClosed) return
    for (const { room, write, then } of batch) {
      const newer = waiting.get(write.key)
      waiting.set(write.key, { room, write: newer ? later(write, newer.write) : write, then: newer?.then ?? [] })
      for (const each of then) each(false)
    }
    pausing = time.after(backoff(defaultBackoff, failures++, settings.random()), () => {
      pausing = undefined
      pump()
    }).cancel
  }
  const write = (batch: readonly Waiting[]): void => {
    context.engine(
      () =>
        tables.write(
          id,
          batch.map((each) => each.write),
        ),
      (result) => {
        if (E.isLeft(result)) {
          context.fault({ where: 'engine', message: result.left })
          failed(batch)
          return
        }
        isWriting = false
        failures = 0
        batch.forEach(({ room, write: each, then }, at) => {
          if (result.right[at]?._tag === 'Full') context.fault({ where: 'engine', message: full, room })
          written(room, each, result.right[at])
          for (const wait of then) wait(true)
        })
        pump()
      },
    )
  }
  const pump = (): void => {
    if (isWriting || pausing || isClosed || waiting.size === 0) return
    const batch = [...waiting.values()].slice(0, mostWrites)
    for (const each of batch) waiting.delete(each.write.key)
    isWriting = true
    prepare(
      batch.map((each) => each.write),
      (isReady) => {
        if (isReady) write(batch)
        else failed(batch)
      },
    )
  }
  return {
    add: (room, given, then) => {
      const older = waiting.get(given.key)
      waiting.set(given.key, {
        room,
        write: older ? later(older.write, given) : given,
        then: [...(older?.then ?? []), ...(then ? [then] : [])],
      })
      pump()
    },
    close: () => {
      isClosed = true
      pausing?.()
    },
  }
}
