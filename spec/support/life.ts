import { anything } from '../../lib/contract/contract.js'
import { creation, roomLife } from '../../lib/features/room-life/index.js'
import type { Membership } from '../../lib/rooms/membership.js'
import { memory } from '../../lib/server/memory.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { FakeServer, FakeServerOptions } from '../../lib/testing/fake-server.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { right, see, type Seen } from './seen.js'
import type { CreateOptions } from '../../lib/features/room-life/creation.js'

type Maker = ReturnType<FakeServer['client']>

/** A server with the users ana, ben and eve. */
export interface LifeStage {
  readonly time: VirtualTime
  readonly server: FakeServer
}

export const lifeStage = (options: FakeServerOptions = {}): LifeStage => {
  const time = virtualTime()
  return { time, server: fakeServer(time, { users: { ana: {}, ben: {}, eve: {} }, ...options }) }
}

/** Two servers over one engine. */
export const twoServers = (
  options: FakeServerOptions = {},
): { readonly time: VirtualTime; readonly one: FakeServer; readonly two: FakeServer } => {
  const time = virtualTime()
  const engine = memory({ scheduler: time, wall: () => time.now() })
  const [one, two] = ['one', 'two'].map((name) => {
    let ids = 0
    return fakeServer(time, {
      engine,
      ids: () => `${name}-${++ids}`,
      users: { ana: {}, ben: {}, eve: {} },
      ...options,
    })
  }) as [FakeServer, FakeServer]
  return { time, one, two }
}

/** Creates a room as a client, and waits for it. */
export const created = ({ time }: Pick<LifeStage, 'time'>, client: Maker, options: CreateOptions = {}): void => {
  const made = see(client.with(creation).create({ name: 'lobby', ...options }))
  time.advanceBy(50)
  right(made.only())
}

/** The room of a client, with its life. */
export const lifeOf = (client: Maker, name = 'lobby') => client.room(name, anything).with(roomLife)

/** The membership of a client in a room that it joins. */
export const memberOf = (
  client: Maker,
  name = 'lobby',
): {
  readonly seen: Seen<Membership>
  /** `In`, another state, or the code of the refusal. */
  readonly state: () => string
  readonly permissions: () => string
} => {
  const room = client.room(name, anything)
  const seen = see(room.membership$)
  room.join()
  return {
    seen,
    state: () => {
      const last = seen.last()
      return last._tag === 'Refused' ? last.error.code : last._tag
    },
    permissions: () => {
      const last = seen.last()
      return last._tag === 'In' ? last.permissions.join(' ') : ''
    },
  }
}
