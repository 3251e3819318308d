import * as E from '#fp/Either'
import { backoff, defaultBackoff } from '../../core/backoff.js'
import type { Cancel, Context } from '../context.js'
import type { RoomRecord } from '../life/record.js'
import type { Put, Row, Tables } from '../tables/model.js'
import { directoryTable, factsOf, keyOfRoom } from './row.js'

/** The rows of rooms that this server writes. */
export interface Facts {
  /** Writes what the directory shows of a record. An older row of the record has no effect. */
  readonly put: (room: string, record: RoomRecord, row: Pick<Row, 'version' | 'lease'>) => void
  readonly close: () => void
}

export interface FactsNeeds {
  readonly context: Context
  readonly tables: Tables
  /** The row of a room is written. */
  readonly written: (room: string) => void
}

/** The most rows of one write. */
const mostWrites = 256

/** Writes rows in their order, one write at a time, and again after a failure. */
export const facts = ({ context, tables, written }: FactsNeeds): Facts => {
  const { time, settings } = context
  const waiting = new Map<string, Put>()
  let isWriting = false
  let failures = 0
  let pausing: Cancel | undefined
  let isClosed = false

  const hold = (room: string, put: Put): void => {
    const later = waiting.get(room)
    if (!later || (later.generation ?? 0) <= (put.generation ?? 0)) waiting.set(room, put)
  }
  const pump = (): void => {
    if (isWriting || pausing || isClosed || waiting.size === 0) return
    const batch = [...waiting].slice(0, mostWrites)
    for (const [room] of batch) waiting.delete(room)
    isWriting = true
    context.engine(
      () =>
        tables.write(
          directoryTable,
          batch.map(([, put]) => put),
        ),
      (result) => {
        isWriting = false
        if (E.isLeft(result)) {
          context.fault({ where: 'engine', message: result.left })
          for (const [room, put] of batch) hold(room, put)
          pausing = time.after(backoff(defaultBackoff, failures++, settings.random()), () => {
            pausing = undefined
            pump()
          }).cancel
          return
        }
        failures = 0
        batch.forEach(([room], at) => {
          if (result.right[at]?._tag === 'Full')
            context.fault({ where: 'engine', message: 'the directory has no place for another room', room })
          written(room)
        })
        pump()
      },
    )
  }
  return {
    put: (room, record, { version: generation, lease }) => {
      const value = JSON.stringify(factsOf(record))
      hold(room, { _tag: 'Put', key: keyOfRoom(room), value, generation, ...(lease !== undefined && { lease }) })
      pump()
    },
    close: () => {
      isClosed = true
      pausing?.()
    },
  }
}
