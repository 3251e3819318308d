import type { Entry } from '../../lib/server/engine.js'
import { losses } from '../../lib/server/forgotten-lanes.js'
import { memory, type MemoryEngine, type MemoryOptions } from '../../lib/server/memory.js'
import { defaultRetention } from '../../lib/server/retention.js'
import { seeded } from '../../lib/testing/random.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { entry, following, now, word } from './support/engine.js'
import { counted } from './support/world.js'

const bench = (options: MemoryOptions) => {
  const time = virtualTime()
  const engine = memory({
    scheduler: time,
    wall: time.now,
    ids: counted('id'),
    epochs: counted('E'),
    tableEpochs: counted('T'),
    ...options,
  })
  const append = (room: string, ...entries: readonly Entry[]): readonly string[] =>
    now(engine.append(room, entries)).map(word)
  return { engine, time, append }
}

const epochOf = (engine: MemoryEngine, room: string): string | undefined => now(engine.head(room))?.epoch

describe('isolation', () => {
  it('[EN42] any publishes of many: whoever holds no more than others has all that it wrote', () => {
    for (const seed of [1, 2, 3, 4]) {
      const chance = seeded(seed)
      const { engine, append } = bench({ totalBytes: 100_000, rooms: 40 })
      const calm = ['a', 'b', 'c']
      for (const user of calm) append(`of ${user}`, entry(1, { user }), entry(2, { user }))
      for (let n = 1; n < 600; n++) {
        const user = chance() < 0.5 ? 'greedy' : 'noisy'
        const data = 'ж'.repeat(Math.floor(chance() * 3_000))
        append(`${user} ${Math.floor(chance() * 60)}`, entry(n, { user, data }))
        expect(engine.held().bytes).toBeLessThanOrEqual(100_000)
        expect(engine.held().rooms).toBeLessThanOrEqual(40)
      }
      for (const user of calm) {
        expect(append(`of ${user}`, entry(2, { user, retry: true }))).toEqual(['again 2'])
        expect(now(engine.head(`of ${user}`))).toMatchObject({ first: 1, head: 2 })
      }
    }
  })

  it('[EN42] one that fills the room of somebody else pushes out what that room holds, and no other room', () => {
    const { engine, append } = bench({ totalBytes: 40_000 })
    append('private', entry(1, { user: 'ann', from: ['ann', 's'], data: 'ж'.repeat(1_000) }))
    append('lobby', entry(1, { user: 'ann', from: ['ann', 's'] }))
    const flood = Array.from({ length: 50 }, (_, at) =>
      entry(at + 1, { user: 'mal', from: ['mal', 's'], producer: 'm', data: 'ж'.repeat(2_000) }),
    )
    for (const each of flood) append('lobby', each)
    expect(now(engine.head('private'))).toMatchObject({ first: 1, head: 1 })
    expect(now(engine.head('lobby'))).toMatchObject({ head: 51 })
    expect(engine.held().bytes).toBeLessThanOrEqual(40_000)
  })

  it('[EN42] a room is that of its maker, whoever writes in it later, and of another one when it begins again', () => {
    const { engine, append } = bench({ totalBytes: 30_000 })
    append('of ann', entry(1, { user: 'ann' }))
    append('of ben', entry(1, { user: 'ben', data: 'ж'.repeat(2_000) }))
    append('of ann', entry(1, { user: 'cid', from: ['ann', 's'], data: 'ж'.repeat(6_000) }))
    append('of cid', entry(1, { user: 'cid', data: 'ж'.repeat(4_000) }))
    expect(['ann', 'ben', 'cid'].filter((user) => epochOf(engine, `of ${user}`))).toEqual(['ben', 'cid'])
    append('of ann', entry(2, { user: 'cid', from: ['cid', 's'], data: 'ж'.repeat(4_000) }))
    append('of ann', entry(2, { user: 'ann', from: ['cid', 's'], data: 'ж'.repeat(1_000) }))
    expect(['ann', 'ben', 'cid'].filter((user) => epochOf(engine, `of ${user}`))).toEqual(['ann', 'ben'])
  })

  it('[EN42] beyond so many rooms whoever has the most of them loses, and not who has the largest', () => {
    const { engine, append } = bench({ rooms: 4 })
    append('large', entry(1, { user: 'ann', data: 'ж'.repeat(100_000) }))
    for (let n = 1; n <= 6; n++) append(`small ${n}`, entry(1, { user: 'ben' }))
    expect([epochOf(engine, 'large'), epochOf(engine, 'small 3'), epochOf(engine, 'small 4')]).toEqual([
      'E1',
      undefined,
      'E1',
    ])
  })

  it('[EN42] a thousand rooms that are only followed or read evict nothing and cost nothing that stays', () => {
    const { engine, append } = bench({ rooms: 2 })
    append('a', entry(1))
    append('b', entry(1))
    const feeds = Array.from({ length: 1_000 }, (_, at) => following(engine, `room ${at}`))
    now(engine.read('other', { epoch: 'E1', offset: 0 }, { count: 1, bytes: 1 }))
    append('b', entry(2))
    expect(engine.held().rooms).toBe(2)
    for (const feed of feeds) feed.stop()
    expect([epochOf(engine, 'a'), epochOf(engine, 'b')]).toEqual(['E1', 'E1'])
  })

  it('[EN41] rooms begin in one epoch until one that began in it is forgotten', () => {
    const { engine, append } = bench({})
    const early = following(engine, 'early')
    append('a', entry(1))
    append('b', entry(1))
    expect([epochOf(engine, 'a'), epochOf(engine, 'b')]).toEqual(['E1', 'E1'])
    engine.forget('a')
    engine.forget('b')
    expect(following(engine, 'a').told).toMatchObject([{ epoch: 'E2', head: 0 }])
    append('early', entry(1))
    append('late', entry(1))
    expect([epochOf(engine, 'early'), epochOf(engine, 'late')]).toEqual(['E1', 'E2'])
    expect(early.told.map(({ _tag }) => _tag)).toEqual(['Base', 'Messages'])
    expect(following(engine, 'a', { epoch: 'E1', offset: 0 }).told).toMatchObject([{ epoch: 'E2', because: 'epoch' }])
  })

  it('[EN41] a room that nobody follows any more is told of as if nobody ever had', () => {
    const { engine, append } = bench({})
    following(engine, 'followed').stop()
    const feed = following(engine, 'made')
    append('made', entry(1))
    feed.stop()
    engine.forget('made')
    append('other', entry(1))
    engine.forget('other')
    expect(following(engine, 'followed').told).toMatchObject([{ epoch: 'E3' }])
    expect(following(engine, 'made').told).toMatchObject([{ epoch: 'E3' }])
    expect(engine.held()).toEqual({ rooms: 0, bytes: 0 })
  })

  it('[EN41] whoever publishes when it is told of the base follows the room that it has made', () => {
    const { engine, append } = bench({ rooms: 1 })
    append('other', entry(1))
    following(engine, 'other')
    const offsets: number[] = []
    engine.follow('r').subscribe((told) => {
      if (told._tag === 'Left') return
      if (told.right._tag === 'Base') append('r', entry(1), entry(2, { user: 'v' }))
      else if (told.right._tag === 'Messages') offsets.push(...told.right.messages.map(({ offset }) => offset))
    })
    append('r', entry(3))
    expect(offsets).toEqual([1, 2, 3])
  })

  it('[EN43] where all have as many outcomes, those that came longest ago go', () => {
    const { append } = bench({ outcomes: 3 })
    for (const user of ['a', 'b', 'c', 'd']) append('r', entry(1, { user }))
    const retries = ['a', 'b', 'c', 'd'].map((user) => entry(1, { user, retry: true }))
    expect(append('r', ...retries)).toEqual(['delivery/unknown', 'again 2', 'again 3', 'again 4'])
  })

  it('[EN45] a name counts the losses of one user, and beyond so many users all have another', () => {
    const names = losses(counted('base'))
    const first = names.name('a')
    names.lose('a')
    expect([names.name('a'), names.name('b')]).toEqual([`${first}.1`, first])
    for (let n = 1; n < 10_000; n++) names.lose(`user ${n}`)
    expect([names.name('a'), names.name('b')]).toEqual([`${first}.1`, first])
    names.lose('one more')
    expect([names.name('a'), names.name('b'), names.counts.size]).toEqual(['base2', 'base2', 0])
  })

  it('[EN45] a lane that goes with its last outcome is a loss of its user', () => {
    const { engine, append } = bench({ outcomes: 3 })
    const names = (): readonly string[] => ['ann', 'ben'].map((user) => engine.lanes?.(user) ?? '')
    const [before] = names()
    append('r', entry(1, { user: 'ben' }), ...['p', 'q', 's'].map((producer) => entry(1, { user: 'ann', producer })))
    expect(names()).toEqual([`${before}.1`, before])
  })

  it('[EN45] a retry under the name that held before its lanes were lost is not executed again', () => {
    const { engine, append } = bench({ rooms: 2 })
    const lanes = engine.lanes?.('u') ?? ''
    append('a', entry(1, { user: 'u' }))
    for (const room of ['b', 'c', 'd']) append(room, entry(1, { user: 'u' }))
    expect(append('a', entry(1, { user: 'u', retry: true, lanes }))).toEqual(['delivery/unknown'])
    const others = engine.lanes?.('v') ?? ''
    expect(append('a', entry(1, { user: 'v', retry: true, lanes: others }))).toEqual(['1'])
  })

  it('[EN42] without a platform that tells more, rooms take 128 MiB', () => {
    expect(defaultRetention.totalBytes).toBe(128 * 2 ** 20)
  })
})
