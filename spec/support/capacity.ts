import { tokens } from '../../lib/kernel/tokens.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServer, FakeServerOptions } from '../../lib/testing/fake-server.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { Chat } from './chat.js'
import * as E from '#fp/Either'
import type { Membership } from '../../lib/rooms/membership.js'
import { INFO, ROOM, type SeatOf } from '../../lib/protocol/room-info.js'
import type { Engine } from '../../lib/server/engine.js'
import { newRecord } from '../../lib/server/life/record.js'
import { see, type Seen } from './seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

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

/** Users by the name in their token. */
export const byToken = { authenticate: ({ token = '?' }) => [{ user: token }] } satisfies FakeServerOptions

/** A server with a room `lobby` of so many seats. */
export const stageOf = (
  capacity: number,
  options: FakeServerOptions = {},
  seat: 'user' | 'session' = 'user',
): { readonly time: VirtualTime; readonly server: FakeServer } => {
  const time = virtualTime()
  const server = fakeServer(time, { ...byToken, ...options })
  limit(server.engine(), 'lobby', capacity, seat)
  return { time, server }
}

/** A client of a user, at a host of the name of the user. */
export const come = (server: FakeServer, name: string, host = name) => {
  const client = server.client({ token: tokens(() => name), host, lingerMs: 0 })
  const room = client.room('lobby', Chat)
  return { client, room, host: server.network.host(host), membership: see(room.membership$) }
}

/** The names in the table of seats of `lobby`. */
export const taken = (server: FakeServer): readonly string[] => namesIn(server.engine(), 'seats', 'lobby')

/** A full room with two who wait. */
export const queued = (options: FakeServerOptions = {}) => {
  const { time, server } = stageOf(1, options)
  const [ana, ben, eve] = ['ana', 'ben', 'eve'].map((name) => {
    const each = come(server, name)
    const join = see(each.room.join(admission({ queue: true })))
    time.advanceBy(1_000)
    return { ...each, join }
  })
  return { time, server, ana: ana!, ben: ben!, eve: eve! }
}
