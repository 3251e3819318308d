import { of, Subject } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import { createPool, type PoolFault } from '../../lib/pool/index.js'
import { rendezvous } from '../../lib/pool/rendezvous.js'
import type { TokenContext } from '../../lib/token/source.js'
import { anything, mover, nameAt, numbers, poolWorld } from '../support/pool.js'
import { codeOf, done, left, right, see, tags } from '../support/seen.js'

const names = numbers(20).map((at) => `room-${at}`)

describe('the place of a room', () => {
  it('[PL1] each room is at one member, by its name alone', () => {
    const { pool, time, end } = poolWorld()
    const four = pool(4)
    for (const name of names) four.room(name, anything).join()
    time.advanceBy(100)
    const held = four
      .clients()
      .map((client) => names.filter((name) => tags(see(client.room(name, anything).membership$))[0] === 'In'))
    expect(held.flat()).toHaveLength(names.length)
    expect(held).toEqual(numbers(4).map((member) => names.filter((name) => rendezvous(name, 4) === member)))
    // The same in each run: a worker that starts again finds its rooms where it left them.
    expect(names.slice(0, 8).map((name) => rendezvous(name, 4))).toMatchInlineSnapshot(`
[
  2,
  0,
  2,
  0,
  2,
  3,
  3,
  1,
]
`)
    expect(end()).toBe(0)
  })

  it('[PL2] of 2 000 rooms about a fifth move from 4 members to 5, and only to the fifth; back again the same', () => {
    const moved: number[] = []
    for (const prefix of ['orders-', 'r', 'tenant/', '']) {
      const all = numbers(2_000).map((at) => `${prefix}${at}`)
      const changed = all.filter((name) => rendezvous(name, 4) !== rendezvous(name, 5))
      expect(changed.every((name) => rendezvous(name, 5) === 4)).toBe(true)
      expect(all.filter((name) => rendezvous(name, 5) === 4)).toEqual(changed)
      moved.push(changed.length)
      // Each member has its share, within four standard deviations.
      for (const member of numbers(4)) {
        const share = all.filter((name) => rendezvous(name, 4) === member).length
        expect(Math.abs(share - 500)).toBeLessThan(4 * Math.sqrt(2_000 * 0.25 * 0.75))
      }
    }
    for (const count of moved) expect(Math.abs(count - 400)).toBeLessThan(4 * Math.sqrt(2_000 * 0.2 * 0.8))
    expect(moved).toMatchInlineSnapshot(`
[
  418,
  398,
  386,
  387,
]
`)
  })
})

describe('a pool', () => {
  it('[PL3] its rooms have the members of a room of a client', () => {
    const { pool, client, time, end } = poolWorld()
    const room = pool(3).room('lobby', anything)
    const theirs = client().room('lobby', anything)
    expect(Object.keys(room).sort()).toEqual(Object.keys(theirs).sort())
    expect(room.name).toBe('lobby')
    const [states, all, said] = [see(room.membership$), see(room.messages()), see(room.on('said'))]
    const joined = see(room.join())
    time.advanceBy(100)
    theirs.post('said', 1)
    const sent = see(room.send('other', 2))
    const posted = room.post('said', 3, { id: 'three' })
    time.advanceBy(100)
    expect(posted.id).toBe('three')
    expect(right(sent.only()).position.offset).toBe(1)
    expect(all.all.map((each) => right(each).data)).toEqual([2, 3, 1])
    expect(said.all.map((each) => right(each).data)).toEqual([3, 1])
    expect(all.all.map((each) => right(each).own)).toEqual([true, true, false])
    expect(right(joined.only()).permissions).toContain('read')
    const left = see(room.leave())
    time.advanceBy(100)
    expect(right(left.only())).toEqual({ stillHeldBy: 2 })
    for (const each of [all, said]) each.stop()
    time.advanceBy(1_000)
    expect(tags(states)).toEqual(['Out', 'Joining', 'In', 'Out'])
    expect(end()).toBe(0)
  })

  it('[PL12] an invalid size closes it, and is refused by a resize; so is a resize of a closed pool', () => {
    const { pool, time, end } = poolWorld()
    for (const size of [0, 1.5, 257, Number.NaN]) {
      const broken = pool(size)
      const [state] = see(broken.state$).all
      expect([state?._tag, state?.because?.code]).toEqual(['Closed', 'config/invalid'])
      expect(state?.because?.message).toContain('size')
      expect(left(see(broken.room('lobby', anything).join()).only())).toEqual(state?.because)
      expect(left(see(broken.resize(2)).only())).toEqual(state?.because)
    }
    const good = pool(2)
    expect(codeOf(see(good.resize(0)).only())).toBe('config/invalid')
    expect(right(see(good.resize(2)).only())).toEqual({ size: 2, moved: 0, waiting: [], isDone: true })
    good.close()
    time.advanceBy(100)
    expect(codeOf(see(good.resize(3)).only())).toBe('connection/client-closed')
    expect(codeOf(see(good.room('lobby', anything).join()).only())).toBe('connection/client-closed')
    expect(end()).toBe(0)
  })

  it('[PL13] a member with invalid options, or with a token that is rejected, does not stop the others', () => {
    const { client, time, end } = poolWorld({
      authenticate: ({ token }) => of(token === 'good' ? { user: 'ana' } : null),
    })
    const pool = createPool({
      size: 3,
      create: client,
      member: (index) =>
        index === 2
          ? { url: 'http://wrong' }
          : { url: 'ws://world', token: tokens(() => of(index === 0 ? 'good' : 'bad')) },
    })
    const [states, faults] = [see(pool.state$), see(pool.faults$)]
    const rooms = numbers(3).map((member) => see(pool.room(nameAt([3, member]), anything).join()))
    time.advanceBy(10_000)
    expect(right(rooms[0]!.only()).permissions).toContain('read')
    expect(codeOf(rooms[1]!.only())).toBe('auth/rejected')
    expect(codeOf(rooms[2]!.only())).toBe('config/invalid')
    const { members, ...last } = states.last()
    expect(members.map(({ _tag }) => _tag)).toEqual(['Online', 'Stopped', 'Closed'])
    expect(last).toMatchObject({ _tag: 'Closed', size: 3, online: 1, because: { code: 'config/invalid' } })
    const seen: readonly PoolFault[] = faults.all
    expect(seen.every(({ member }) => member >= 0)).toBe(true)
    pool
      .room(nameAt([3, 0]), anything)
      .on('said')
      .subscribe(() => {
        throw new Error('clumsy')
      })
    pool.room(nameAt([3, 0]), anything).post('said', undefined)
    time.advanceBy(1_000)
    expect(faults.last()).toMatchObject({ _tag: 'SubscriberThrew', message: 'clumsy', member: 0 })
    expect(end()).toBe(0)
  })

  it('[PL14] shows the worst state of its members, and how many are online', () => {
    const { pool, network, time, end } = poolWorld()
    const two = pool(2)
    const seen = see(two.state$)
    two.room(mover, anything).join()
    time.advanceBy(100)
    expect(seen.all.map(({ _tag, online, size }) => [_tag, online, size])).toEqual([
      ['Idle', 0, 2],
      ['Authorizing', 0, 2],
      ['Connecting', 0, 2],
      ['Handshaking', 0, 2],
      ['Online', 1, 2],
    ])
    const connected = see(two.connect())
    time.advanceBy(100)
    expect(connected.only()).toEqual(done)
    expect(seen.last()).toMatchObject({ _tag: 'Online', online: 2 })
    network.host('client-2').cut()
    time.advanceBy(10)
    expect(seen.last()).toMatchObject({ _tag: 'Waiting', online: 1, because: { _tag: 'ConnectionError' } })
    time.advanceBy(10_000)
    const disconnected = see(two.disconnect())
    time.advanceBy(100)
    expect(disconnected.only()).toEqual(done)
    expect(seen.last()).toMatchObject({ _tag: 'Idle', online: 0 })
    two.close()
    time.advanceBy(100)
    expect([seen.last()._tag, seen.isComplete()]).toEqual(['Closed', true])
    expect(end()).toBe(0)
  })

  it('[PL15] asks its source of tokens once for all members, and again for a rejected token', () => {
    const { pool, time, end } = poolWorld({ authenticate: ({ token }) => of(token === 'new' ? { user: 'ana' } : null) })
    const asked: TokenContext['reason'][] = []
    const answers = new Subject<string>()
    const four = pool(4, {
      token: tokens(({ reason }) => {
        asked.push(reason)
        return answers
      }),
    })
    const connected = see(four.connect())
    time.advanceBy(100)
    expect(asked).toEqual(['first'])
    answers.next('old')
    time.advanceBy(1_000)
    expect(asked).toEqual(['first', 'rejected'])
    answers.next('new')
    time.advanceBy(1_000)
    expect(connected.only()).toEqual(done)
    expect(asked).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[PL16] drains and closes all members with one result', () => {
    const { pool, network, time, end } = poolWorld()
    const two = pool(2)
    const rooms = numbers(2).map((member) => two.room(nameAt([2, member]), anything))
    const unread = see(two.undelivered$)
    for (const room of rooms) room.post('said', undefined)
    const drained = see(two.drain())
    time.advanceBy(100)
    expect(right(drained.only())).toEqual({ undelivered: 0, stored: 0, uncommitted: [] })
    network.host('client-2').freeze()
    for (const room of rooms) room.post('said', undefined)
    const late = see(two.drain({ drainMs: 300 }))
    time.advanceBy(299)
    expect(late.all).toEqual([])
    time.advanceBy(1)
    expect(right(late.only())).toEqual({ undelivered: 1, stored: 0, uncommitted: [] })
    const closed = [see(two.close()), see(two.close({ drainMs: 500 }))]
    time.advanceBy(1_000)
    for (const each of closed) expect(right(each.only())).toEqual({ undelivered: 1, stored: 0, uncommitted: [] })
    expect(unread.all.map(({ room }) => room)).toEqual([nameAt([2, 1])])
    expect(unread.isComplete()).toBe(true)
    expect(end()).toBe(0)
  })

  it('[PL27] ends with the block of `await using`', async () => {
    const { pool, time, end } = poolWorld()
    const two = pool(2)
    const over = two[Symbol.asyncDispose]()
    time.advanceBy(100)
    await over
    expect(see(two.state$).last()._tag).toBe('Closed')
    const room = pool(1).room('lobby', anything)
    const states = see(room.membership$)
    room.join()
    time.advanceBy(100)
    room[Symbol.dispose]()
    time.advanceBy(1_000)
    expect(tags(states)).toEqual(['Out', 'Joining', 'In', 'Out'])
    expect(end()).toBe(0)
  })
})
