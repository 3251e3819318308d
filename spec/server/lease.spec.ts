import { of } from 'rxjs'
import * as E from '#fp/Either'
import { presence } from '../../lib/features/presence/index.js'
import type { Engine } from '../../lib/server/engine.js'
import { memory } from '../../lib/server/memory.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { Chat } from '../support/chat.js'
import { changes, users } from '../support/roster.js'
import { see } from '../support/seen.js'

/** Ana and Ben in the lobby, each at a server of its own; the renewals of Ben's server fail in these ms. Returns what Ana sees. */
const failing = (leaseMs: number, from: number, until: number) => {
  const time = virtualTime()
  const engine = memory({ scheduler: time, wall: time.now })
  const { tables } = engine
  const bad: Engine = {
    ...engine,
    ...(tables && {
      tables: {
        ...tables,
        lease: (...args) =>
          time.now() >= from && time.now() < until ? of(E.left({ message: 'no' })) : tables.lease(...args),
      },
    }),
  }
  const [one, two] = [engine, bad].map((each, at) => {
    let ids = 0
    return fakeServer(time, {
      engine: each,
      ids: () => `${at}-${++ids}`,
      users: { ana: {}, ben: {} },
      presence: { leaseMs },
    })
  })
  const seen = see(one!.client({ as: 'ana' }).room('lobby', Chat).with(presence).members$)
  see(two!.client({ as: 'ben' }).room('lobby', Chat).with(presence).members$)
  time.advanceBy(leaseMs / 10)
  const before = seen.all.length
  expect(users(seen)).toEqual(['ana', 'ben'])
  time.advanceBy(leaseMs * 3)
  const told = changes(seen, before)
  expect(users(seen)).toEqual(['ana', 'ben'])
  one!.close()
  two!.close()
  return told
}

describe('the lease of a server', () => {
  it.each([1_000, 3_000, 30_000])(
    '[SV252] of %i ms is kept by a server whose renewals fail until a tenth of it is left',
    (leaseMs) => {
      expect(failing(leaseMs, leaseMs / 10, leaseMs * 0.91)).toEqual([])
    },
  )

  it('[SV252] is lost by a server whose renewals fail for longer, and taken again', () => {
    expect(failing(3_000, 300, 5_000)).toEqual(['ben Left node', 'ben Joined live'])
  })
})
