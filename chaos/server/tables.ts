import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import type { Engine } from '../../lib/server/engine.js'
import type { Write } from '../history/write.js'

const kinds = ['members', 'shared', 'leader', 'seats'] as const

/** Writes down each change of the tables of rooms as the engine tells it, before its other followers are told. */
export const watchTables = (
  { tables }: Engine,
  rooms: readonly string[],
  write: Write,
  now: () => number,
): Subscription => {
  const all = new Subscription()
  for (const room of rooms)
    for (const of of kinds)
      all.add(
        tables?.follow({ of, room }).subscribe((told) => {
          if (E.isLeft(told)) return
          const item = told.right
          if (item._tag === 'Rows')
            write(['table', now(), of, room, item.epoch, item.version, item.rows.map(({ key, version, value }) => [key, version, value])]) // prettier-ignore
          else if (item.version !== item.prev)
            write([
              'changed',
              now(),
              of,
              room,
              item.epoch,
              item.version,
              item.puts.map(({ key, version, value }) => [key, version, value]),
              item.drops.map(({ key, cause }) => [key, cause]),
            ])
          write.flush()
        }),
      )
  return all
}
