import * as E from '#fp/Either'
import { of as always } from 'rxjs'
import { directory, type RoomsState } from '../../lib/features/directory/index.js'
import { creation } from '../../lib/features/room-life/index.js'
import { anything } from '../../lib/contract/contract.js'
import { presence } from '../../lib/features/presence/index.js'
import type { Result } from '../../lib/core/result.js'
import type { FakeServer } from '../../lib/testing/fake-server.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { memory } from '../../lib/server/memory.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { see, type Seen } from './seen.js'

/** The last state, in words: each room with its members, and `?` where the state is not live. */
export const listed = ({ all }: Seen<Result<RoomsState>>): readonly string[] => {
  const last = all.filter(E.isRight).at(-1)?.right
  if (!last) return ['nothing']
  return last.rooms.map(({ name, members, users }) => `${name} ${members}/${users}${last.isLive ? '' : '?'}`)
}

/** A client with the directory. */
export const viewer = (server: FakeServer, as: string, more: object = {}) =>
  server.client({ as, host: as, ...more }).with(directory, creation)

/** Holds a room as a user. */
export const hold = (server: FakeServer, as: string, name: string) =>
  see(server.client({ as, lingerMs: 0 }).room(name, anything).with(presence).members$)

/** A server whose engine writes to all tables but those of a kind, until it is mended. */
export const withoutTable = (of: string) => {
  const time = virtualTime()
  const plain = memory({ scheduler: time, wall: () => time.now() })
  let fails = true
  const tables = plain.tables && {
    ...plain.tables,
    write: (...[id, writes]: Parameters<typeof plain.tables.write>) =>
      fails && id.of === of ? always(E.left({ message: 'not now' })) : plain.tables!.write(id, writes),
  }
  return {
    time,
    server: fakeServer(time, { users: { ana: {} }, engine: { ...plain, ...(tables && { tables }) } }),
    mend: (): void => {
      fails = false
    },
  }
}
