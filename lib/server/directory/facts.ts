import * as E from '#fp/Either'
import type { RoomRecord } from '../life/record.js'
import type { Context } from '../context.js'
import type { Row, Tables, Write } from '../tables/model.js'
import { directoryTable, factsOf, isListed, keyOfRoom } from './row.js'
import { writeQueue } from './write-queue.js'

/** The rows of rooms that this server writes. */
export interface Facts {
  /**
   * Writes what the directory shows of a record. An older row of the record has no effect. `before` is the record that this
   * one has replaced, where that is known. `then` hears whether the engine has decided that, or has failed.
   */
  readonly put: (
    room: string,
    record: RoomRecord,
    row: Pick<Row, 'version'>,
    before?: RoomRecord,
    then?: (isDecided: boolean) => void,
  ) => void
  readonly close: () => void
}

export interface FactsNeeds {
  readonly context: Context
  readonly tables: Tables
  /** The row of a room is written. */
  readonly written: (room: string) => void
}

/** The row of a room that is not shown any more stays for one to two hours, in ms: late writes come sooner. */
const hourMs = 3_600_000

/** The most rows of one server for rooms that are not shown any more: beyond, the oldest are dropped. */
const mostUnlisted = 4_096

/** Returns the version of the record that a write is about. */
const versionOf = ({ _tag, generation = 0 }: Write): number => (_tag === 'Put' ? generation : generation + 1)

/** A row that remains of a room says more than its end. */
const later = (older: Write, newer: Write): Write => {
  const more = versionOf(newer) - versionOf(older)
  return more > 0 || (more === 0 && newer._tag === 'Put') ? newer : older
}

export const facts = ({ context, tables, written }: FactsNeeds): Facts => {
  const { wall } = context.settings
  /** The rows of rooms that are not shown any more, with their generation, the oldest first. */
  const unlisted = new Map<string, number>()
  let leasedUntil = -Infinity

  const leaseUntil = (until: number): string => `unlisted ${until}`
  /** Takes the lease that the rows of rooms that are not shown any more share. */
  const prepare = (writes: readonly Write[], then: (isReady: boolean) => void): void => {
    const untils = writes.flatMap((write) =>
      write._tag === 'Put' && write.lease ? [Number(write.lease.slice(9))] : [],
    )
    const until = Math.max(-Infinity, ...untils)
    if (until <= leasedUntil) then(true)
    else
      context.engine(
        () => tables.lease(leaseUntil(until), Math.max(1, until - wall())),
        (leased) => {
          if (E.isLeft(leased)) context.fault({ where: 'engine', message: leased.left })
          else leasedUntil = until
          then(E.isRight(leased))
        },
      )
  }
  const bound = (room: string, generation: number): void => {
    unlisted.delete(room)
    unlisted.set(room, generation)
    for (const [oldest, last] of unlisted) {
      if (unlisted.size <= mostUnlisted) return
      unlisted.delete(oldest)
      queue.add(oldest, { _tag: 'Drop', key: keyOfRoom(oldest), cause: 'closed', generation: last })
    }
  }
  const queue = writeQueue({
    context,
    tables,
    id: directoryTable,
    full: 'the directory has no place for another room',
    later,
    prepare,
    written: (room, write, outcome) => {
      if (write._tag === 'Put' && write.lease && outcome?._tag === 'Written') bound(room, write.generation ?? 0)
      written(room)
    },
  })
  return {
    put: (room, record, { version }, before, then) => {
      const key = keyOfRoom(room)
      const put = { _tag: 'Put', key, value: JSON.stringify(factsOf(record)), generation: version } as const
      if (isListed(record)) queue.add(room, put, then)
      // Without a row of a shown room before it, a row would only tell the name.
      else if (!before) queue.add(room, { _tag: 'Drop', key, cause: 'hidden', generation: version - 1 }, then)
      else if (isListed(before))
        queue.add(room, { ...put, lease: leaseUntil(Math.ceil((wall() + hourMs) / hourMs) * hourMs) }, then)
      else then?.(true)
    },
    close: queue.close,
  }
}
