import type { Engine } from '../../lib/server/engine.js'
import { memoryTables } from '../../lib/server/tables/memory.js'
import { tableRegistry } from '../../lib/server/tables/registry.js'
import { defaultTableBounds } from '../../lib/server/tables/table.js'
import { now } from './support/engine.js'
import type { RawPeer } from './support/peer.js'
import { counted, type World, world } from './support/world.js'
import { codeOf, right, see } from '../support/seen.js'

const hourMs = 3_600_000

const create = (peer: RawPeer, ch: number, room: string, id = 'c1'): void => {
  peer.send({ t: 'put', ch, room, of: 'room', key: 'info', value: { id }, ifNew: true })
}
const refusals = (peer: RawPeer): readonly unknown[] => peer.all('left').map(({ ch, code }) => [ch, code])

describe('the bounds of creations', () => {
  it('[RL26] a user creates so many rooms at once and then one a second; a repeat of a creation counts no more', () => {
    const { client, server, time } = world({ authenticate: ({ token = '' }) => [{ user: token }] })
    const [eve, other] = [client({ token: 'eve' }), client({ token: 'eve' })]
    for (let n = 1; n <= 100; n++) create(eve, n, `r${n}`)
    create(eve, 200, 'r1')
    create(eve, 101, 'more')
    create(other, 1, 'more')
    expect(refusals(eve)).toEqual([[101, 'delivery/rate']])
    expect(eve.all('left')[0]).toMatchObject({ kind: 'retry', retryAfterMs: 1_000 })
    expect(refusals(other)).toEqual([[1, 'delivery/rate']])
    create(client({ token: 'ana' }), 1, 'more')
    expect(right(see(server.rooms.get('more').info()).only())?.by.user).toBe('ana')
    time.advanceBy(1_000)
    create(eve, 102, 'r101')
    expect(eve.all('put.ok')).toHaveLength(102)
    server.close()
  })

  it('[RL26] and has so many open ones at a server; one that is refused, closed or closed elsewhere counts no more', () => {
    const { client, server, memory, time } = world({
      budgets: { user: { created: 2 } },
      hooks: { create: ({ room }) => (room === 'bad' ? { refuse: { because: 'no' } } : undefined) },
    })
    const eve = client()
    create(eve, 1, 'bad')
    create(eve, 2, 'a')
    create(eve, 3, 'b')
    create(eve, 4, 'c')
    expect(refusals(eve)).toEqual([
      [1, 'room/refused'],
      [4, 'room/limit'],
    ])
    right(see(server.rooms.get('a').close()).only())
    create(eve, 5, 'c')
    create(eve, 6, 'd')
    expect(refusals(eve).slice(2)).toEqual([[6, 'room/limit']])
    time.advanceBy(31_000)
    right(see(server.rooms.get('other').info()).only())
    now(memory.tables!.write({ of: 'room', room: 'b' }, [{ _tag: 'Drop', key: 'info', cause: 'other' }]))
    create(eve, 7, 'd')
    create(eve, 8, 'd')
    create(eve, 9, 'd')
    expect(eve.all('put.ok').map(({ ch }) => ch)).toEqual([2, 3, 5, 9])
    server.close()
  })
})

describe('an engine that is full of closed rooms', () => {
  const full = (): World =>
    world((time) => ({
      engine: (engine): Engine => ({
        ...engine,
        tables: memoryTables(tableRegistry({ ...defaultTableBounds, totalBytes: 2 ** 22 }, time.now, counted('T'))),
      }),
    }))
  const close = ({ server }: World, name: string): string => codeOf(see(server.rooms.get(name).close()).only())

  it('[RL27] forgets those of the oldest hours for a new room, and not those of the present hour', () => {
    const stage = full()
    const { server, time } = stage
    const made = server.rooms.get('big')
    right(see(made.create({ metadata: { text: 'x'.repeat(1_000) } })).only())
    time.advanceBy(1_000)
    right(see(made.close()).only())
    expect(right(see(made.info()).only())).toMatchObject({ metadata: {}, closed: { at: 1_000 } })
    expect(close(stage, 'old')).toBe('')
    time.advanceBy(hourMs)
    expect(close(stage, 'later')).toBe('')
    let count = 0
    while (close(stage, `r${count}`) === '' && count < 5_000) count++
    expect(count).toBeGreaterThan(2_000)
    expect(count).toBeLessThan(5_000)
    const closedOf = (name: string) => right(see(server.rooms.get(name).info()).only())?.closed?.at
    expect([closedOf('old'), closedOf('later')]).toEqual([undefined, hourMs + 1_000])
    expect(codeOf(see(server.rooms.get('new').create()).only())).toBe('room/table-full')
    right(see(server.rooms.get('later').ban('eve')).only())
    time.advanceBy(hourMs)
    right(see(server.rooms.get('new').create()).only())
    expect(closedOf('later')).toBeUndefined()
    server.close()
  })
})
