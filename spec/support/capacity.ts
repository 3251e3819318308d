import * as E from '#fp/Either'
import type { Membership } from '../../lib/rooms/membership.js'
import type { Engine } from '../../lib/server/engine.js'
import type { Seen } from './seen.js'

/** Gives a room a capacity, as its creation does. */
export const limit = (engine: Engine, room: string, capacity: number | undefined, seat: 'user' | 'session' = 'user'): void => {
  const record = { id: 'made', by: { user: 'maker', session: '' }, at: 0, open: true, visible: true, seat, metadata: {}, listed: [], ...(capacity !== undefined && { capacity }) }
  engine.tables?.write({ of: 'room', room }, [{ _tag: 'Put', key: 'info', value: JSON.stringify(record) }]).subscribe()
  const known = (globalThis as any).__capacity
  ;(globalThis as any).__capacity = (name: string) => (name === room ? (capacity === undefined ? undefined : { capacity, seat }) : known?.(name))
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
