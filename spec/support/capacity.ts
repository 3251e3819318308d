import * as E from '#fp/Either'
import type { Membership } from '../../lib/rooms/membership.js'
import { INFO, ROOM, type SeatOf } from '../../lib/protocol/room-info.js'
import type { Engine } from '../../lib/server/engine.js'
import { newRecord } from '../../lib/server/life/record.js'
import type { Seen } from './seen.js'

/** Gives a room a capacity, or none, as its creation and changes do. */
export const limit = (engine: Engine, room: string, capacity: number | undefined, seat: SeatOf = 'user'): void => {
  const by = { user: '@server', session: '' }
  const record = newRecord('made', { seat, ...(capacity !== undefined && { capacity }) }, by, 0)
  engine.tables
    ?.write({ of: ROOM, room }, [{ _tag: 'Put', key: INFO, value: JSON.stringify(record) }])
    .subscribe((outcome) => {
      expect(E.isRight(outcome)).toBe(true)
    })
}

/** The names in a table of a room, with a star for a reservation. */
export const namesIn = (engine: Engine, of: string, room: string): readonly string[] => {
  const names = new Set<string>()
  engine.tables?.page({ of, room }, { count: 10_000 }).subscribe((page) => {
    if (E.isRight(page))
      for (const { key } of page.right.rows)
        names.add(key.endsWith('\n') ? `${key.slice(0, -1)}*` : key.slice(0, key.lastIndexOf('\n')))
  })
  return [...names]
}

/** A membership in words: its tag, and the place in the queue or the code of the refusal. */
export const shown = ({ all }: Seen<Membership>): readonly string[] =>
  all.map((each) =>
    each._tag === 'Joining' && each.place !== undefined
      ? `${each.place}/${each.of}`
      : each._tag === 'Refused'
        ? each.error.code
        : each._tag,
  )
