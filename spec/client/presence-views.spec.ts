import { type Member, type MembersView, presence, presenceOf } from '../../lib/features/presence/index.js'
import { fakeServer } from '../../lib/testing/fake.js'
import type { Client } from '../../lib/client/client.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { FakeClientOptions, FakeServer, FakeServerOptions } from '../../lib/testing/fake-server.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { unchecked } from '../../lib/contract/validator.js'
import { Chat } from '../support/chat.js'
import { changes, lastRoster, users } from '../support/roster.js'
import { right, see, type Seen } from '../support/seen.js'
import { tap } from '../support/wire.js'

const watching = presenceOf({ isHidden: true, state: unchecked<{ readonly n: number }>() })

const stageOf = (options: FakeServerOptions = {}): { readonly time: VirtualTime; readonly server: FakeServer } => {
  const time = virtualTime()
  return { time, server: fakeServer(time, { authenticate: ({ token = '?' }) => [{ user: token }], ...options }) }
}

const user = (server: FakeServer, name: string, more: FakeClientOptions = {}): Client =>
  server.client({ token: tokens(() => name), ...more })

/** Members by name, who leave by `stop`. */
const come = (server: FakeServer, ...names: readonly string[]): Seen<unknown>[] =>
  names.map((name) => {
    const room = user(server, name, { lingerMs: 0 }).room('lobby', Chat).with(presence)
    see(room.me.set({ n: 0 }))
    return see(room.messages())
  })

const many = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, at) => `u${String(from + at).padStart(5, '0')}`)

describe('views of members', () => {
  it('[PS6] count, page, only and none, switched while joined: each shows its part and the counts of all', () => {
    const { time, server } = stageOf()
    come(server, 'ana', 'ben', 'ben', 'eve', 'joe')
    const room = user(server, 'watch').room('lobby', Chat).with(watching)
    const seen = see(room.members$)
    time.advanceBy(500)
    const to = (view: MembersView): readonly string[] => {
      right(room.view(view))
      time.advanceBy(200)
      return users(seen)
    }
    expect(users(seen)).toEqual(['ana', 'ben', 'ben', 'eve', 'joe'])
    expect(to('count')).toEqual(['count'])
    expect(lastRoster(seen)).toMatchObject({ view: 'count', counts: { members: 5, users: 4 }, isLive: true })
    expect(to({ page: { limit: 2 } })).toEqual(['ana', 'ben'])
    const page = lastRoster(seen)
    const last = ('members' in page ? page.members : []).at(-1) as Member
    expect(to({ page: { after: last, limit: 2 } })).toEqual(['ben', 'eve'])
    expect(to({ only: ['joe', 'ben', 'nobody'] })).toEqual(['joe', 'ben', 'ben'])
    expect(lastRoster(seen)).toMatchObject({ view: 'only', counts: { members: 5, users: 4 } })
    expect(to('none')).toEqual(['none'])
    expect(to('all')).toEqual(['ana', 'ben', 'ben', 'eve', 'joe'])
    expect(changes(seen)).toEqual([])
    server.close()
  })

  it('[PS6] a view follows its part alone: a page fills up, and one who is no longer in it goes with the cause view', () => {
    const { time, server } = stageOf()
    const [, ben] = come(server, 'ana', 'ben', 'eve', 'joe')
    const page = user(server, 'w1').room('lobby', Chat).with(watching)
    right(page.view({ page: { limit: 2 } }))
    const only = user(server, 'w2').room('lobby', Chat).with(watching)
    right(only.view({ only: ['eve', 'zoe'] }))
    const [first, some] = [see(page.members$), see(only.members$)]
    time.advanceBy(500)
    const wire = tap(server.network)
    ben?.stop()
    time.advanceBy(200)
    come(server, 'abe', 'zoe')
    time.advanceBy(500)
    expect(users(first)).toEqual(['ana', 'abe'])
    expect(changes(first)).toEqual(['ben Left left', 'eve Joined live', 'eve Left view', 'abe Joined live'])
    expect(users(some)).toEqual(['eve', 'zoe'])
    expect(changes(some)).toEqual(['zoe Joined live'])
    // A view of some is not told of others, but for the counts.
    expect(wire.down('change').filter(({ frame }) => frame.put.length + frame.drop.length === 0)).toEqual([])
    server.drop()
    time.advanceBy(5_000)
    expect(lastRoster(first)).toMatchObject({ isLive: true, counts: { members: 5, users: 5 } })
    expect(changes(first)).toHaveLength(4)
    server.close()
  })

  it('[PS6] rows of an earlier view are never taken for those of a later one', () => {
    for (let cutAt = 0; cutAt < 6; cutAt++) {
      const { time, server } = stageOf()
      come(server, 'ana', 'ben', 'eve')
      const room = user(server, 'watch', { host: 'watch' }).room('lobby', Chat).with(watching)
      right(room.view({ page: { limit: 1 } }))
      const seen = see(room.members$)
      time.advanceBy(4 + (cutAt % 3))
      right(room.view('all'))
      time.advanceBy(1 + Math.floor(cutAt / 3))
      server.network.host('watch').cut()
      time.advanceBy(30_000)
      expect(users(seen)).toEqual(['ana', 'ben', 'eve'])
      expect(changes(seen)).toEqual([])
      server.close()
    }
  })

  it('[PS6] a view of nobody is live, also for those who subscribe later', () => {
    const { time, server } = stageOf()
    const room = user(server, 'watch').room('lobby', Chat).with(watching)
    right(room.view('none'))
    const seen = see(room.members$)
    time.advanceBy(200)
    const late = see(room.members$)
    time.advanceBy(200)
    expect([lastRoster(seen), lastRoster(late)]).toMatchObject(Array(2).fill({ view: 'none', isLive: true }))
    server.close()
  })

  it('[PS7] above rosterMax a view of all is the count alone, and all members again when there are fewer', () => {
    const { time, server } = stageOf({ presence: { rosterMax: 10 } })
    const seen = see(user(server, 'watch').room('lobby', Chat).with(watching).members$)
    const members = come(server, ...many(0, 10))
    time.advanceBy(1_000)
    expect(users(seen)).toHaveLength(10)
    members.push(...come(server, 'more'))
    time.advanceBy(1_000)
    expect(lastRoster(seen)).toMatchObject({ view: 'count', counts: { members: 11, users: 11 }, isLive: true })
    server.drop()
    time.advanceBy(5_000)
    expect(lastRoster(seen)).toMatchObject({ view: 'count', counts: { members: 11 }, isLive: true })
    for (const each of members.splice(0, 2)) each.stop()
    time.advanceBy(1_000)
    expect(lastRoster(seen).view).toBe('all')
    expect(users(seen)).toHaveLength(9)
    server.close()
  })

  it('[PS10] changes that come together leave as few differences, within the bytes per second', () => {
    const { time, server } = stageOf({ presence: { bytesPerSecond: 3_000, rosterMax: 100_000 } })
    const seen = see(user(server, 'watch').room('lobby', Chat).with(watching).members$)
    time.advanceBy(1_000)
    const wire = tap(server.network)
    const members = come(server, ...many(0, 150))
    time.advanceBy(4_000)
    const { length: frames } = wire.down('change')
    expect(users(seen)).toHaveLength(150)
    expect(frames).toBeLessThan(30)
    // A member who comes and goes between two differences is in none of them.
    const short = come(server, 'short')
    time.advanceBy(3)
    come(server, ...many(150, 250))
    time.advanceBy(10)
    const before = seen.all.length
    const gone = come(server, 'gone')
    time.advanceBy(10)
    for (const each of [...gone, ...short]) each.stop()
    for (const each of members.slice(0, 40)) each.stop()
    time.advanceBy(20_000)
    expect(users(seen)).toHaveLength(210)
    expect(changes(seen, before).filter((change) => change.startsWith('gone'))).toEqual([])
    server.close()
  })

  it('[PS13] a large roster comes in pages as the connection drains, the counts in the first one', () => {
    const { time, server } = stageOf({ presence: { rosterMax: 100_000 }, highWaterBytes: 16_384 })
    for (const name of many(0, 150)) {
      const room = user(server, name).room('lobby', Chat).with(presence)
      see(room.messages())
      see(room.me.set({ n: 0, text: 'x'.repeat(900) }))
    }
    time.advanceBy(5_000)
    const client = user(server, 'watch', { host: 'slow' })
    client.connect()
    time.advanceBy(1_000)
    server.network.host('slow').bandwidth(20_000)
    const seen = see(client.room('lobby', Chat).with(watching).members$)
    time.advanceBy(3_000)
    const partial = lastRoster(seen)
    expect(partial).toMatchObject({ view: 'all', isComplete: false, counts: { members: 150 } })
    expect(users(seen).length).toBeGreaterThan(15)
    expect(users(seen).length).toBeLessThan(150)
    // Changes meanwhile come after the pages.
    come(server, 'late')
    time.advanceBy(20_000)
    expect(lastRoster(seen)).toMatchObject({ view: 'all', isComplete: true, counts: { members: 151 } })
    expect(new Set(users(seen)).size).toBe(151)
    expect(changes(seen)).toEqual(['late Joined live'])
    server.close()
  })
})
