import { mergeMap, of, timer } from 'rxjs'
import type { GivenBudgets } from '../../lib/server/budget.js'
import { json } from '../../lib/protocol/json.js'
import { memory } from '../../lib/server/memory.js'
import { roomServer } from '../../lib/server/server.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { join, pub, type PeerOptions } from './support/peer.js'
import { counted, world } from './support/world.js'

const rate = (perSecond: number, burst: number) => ({ perSecond, burst })
const endless = rate(Infinity, Infinity)

/** A server on which each publish into a room takes 10 ms of the event loop, and the rooms in the order of their publishes. */
const costly = (work = rate(100, 25), more: GivenBudgets = {}, authenticateMs = 0) => {
  const order: string[] = []
  const {
    client,
    time,
    server,
    memory: held,
  } = world((time) => ({
    budgets: { ...more, user: { work } },
    authenticate: ({ token }) => {
      time.sleepFor(authenticateMs)
      return of({ user: token ?? 'nobody' })
    },
    engine: (engine) => ({
      ...engine,
      append: (room, entries) => {
        time.sleepFor(10)
        order.push(room)
        return engine.append(room, entries)
      },
    }),
  }))
  return { client: (token: string, peer?: PeerOptions) => client({ token }, peer), time, server, order, held }
}
const named = (name: string, count: number, from = 1) => Array.from({ length: count }, (_, at) => `${name}${at + from}`)

describe('shares of the event loop', () => {
  it('[SV135] a user above its share waits for the others, with all its connections; nothing is lost or out of order', () => {
    const { client, time, order } = costly()
    const [one, two, other] = [client('ann'), client('ann'), client('ben')]
    named('a', 8).forEach((room, at) => {
      one.send(pub(at + 1, room, 1, { producer: room }))
    })
    expect(order).toEqual(named('a', 3))
    two.send(pub(1, 'c1', 1, { producer: 'c' }))
    other.send(pub(1, 'b1', 1))
    expect([order.slice(3), one.isPaused(), two.isPaused(), other.isPaused()]).toEqual([['b1'], true, true, false])
    time.advanceBy(1_000)
    expect(order.filter((room) => room !== 'c1')).toEqual([...named('a', 3), 'b1', ...named('a', 5, 4)])
    expect(order).toContain('c1')
    expect([one.isPaused(), two.isPaused()]).toEqual([false, false])
    expect([one.all('refused'), two.all('refused')]).toEqual([[], []])
  })

  it('[SV135] what is left is for those above their share, one user after the other', () => {
    const { client, time, order } = costly()
    const [ann, ben] = [client('ann'), client('ben')]
    for (let at = 1; at <= 20; at++) {
      ann.send(pub(at, `a${at}`, 1, { producer: `a${at}` }))
      ben.send(pub(at, `b${at}`, 1, { producer: `b${at}` }))
    }
    expect(order).toHaveLength(6)
    // Much more than 100 ms a second: nobody else has anything to do.
    time.advanceBy(400)
    expect(order).toHaveLength(40)
    const users = order.slice(6).map(([user]) => user)
    expect(users.filter((user, at) => user === users[at + 1]).length).toBeLessThanOrEqual(2)
  })

  it('[SV135] without a limit nobody waits, and neither does a socket that cannot', () => {
    const free = costly(endless)
    const peer = free.client('ann')
    const fixed = costly()
    const deaf = fixed.client('ann', { pauses: false })
    for (let at = 1; at <= 8; at++)
      for (const each of [peer, deaf]) each.send(pub(at, `a${at}`, 1, { producer: `a${at}` }))
    expect([free.order, fixed.order]).toEqual([named('a', 8), named('a', 8)])
  })

  it('[SV135] what waits when its connection ends or is closed is dropped, and its memory is free', () => {
    const { client, time, order, server } = costly()
    const [one, two] = [client('ann'), client('ann')]
    for (let at = 1; at <= 8; at++) one.send(pub(at, `a${at}`, 1, { producer: `a${at}` }))
    two.send(pub(1, 'c1', 1, { producer: 'c' }))
    one.drop()
    server.kick('r', 'ann')
    server.expire('ann')
    expect(two.closedWith()).toBe(4401)
    time.advanceBy(1_000)
    expect([order, server.metrics().links]).toEqual([named('a', 3), 0])
  })

  it('[SV135] messages that wait count as memory of the server', () => {
    const { client, server, time } = world((time) => ({
      budgets: { user: { work: rate(1, 1) }, server: { memory: 100_000 } },
      authorize: () => {
        time.sleepFor(10)
        return of(['read', 'publish'])
      },
    }))
    const peer = client()
    peer.send(join(1, 'r'))
    time.advanceBy(10)
    expect(peer.isPaused()).toBe(false)
    peer.sendRaw(`{"t":"poll","data":"${'x'.repeat(110_000)}"}`)
    expect([peer.closedWith(), server.metrics().causes]).toEqual([4429, { 'server/memory': 1 }])
  })

  it('[SV135] the work of an append that answers later is that of the user that published', () => {
    const { client, time, server } = world((clock) => ({
      budgets: { user: { work: rate(100, 25) } },
      authenticate: ({ token }) => of({ user: token ?? '' }),
      engine: (engine) => ({
        ...engine,
        append: (room, entries) => timer(1, clock).pipe(mergeMap(() => engine.append(room, entries))),
      }),
      codecs: [
        {
          ...json,
          encode: (frame) => {
            if (!('t' in frame) && frame[0] === 'a') clock.sleepFor(10)
            return json.encode(frame)
          },
        },
      ],
    }))
    const peer = client({ token: 'ann' })
    for (let seq = 1; seq <= 8; seq++) {
      peer.send(pub(seq, 'r', seq))
      time.advanceBy(15)
    }
    expect(server.metrics().queued).toBeGreaterThan(0)
    time.advanceBy(1_000)
    expect(server.metrics().accepted).toBe(8)
  })

  it('[SV135] what one connection owes its user above 30 s does not close the others', () => {
    const { client } = world({
      budgets: { connection: { frames: endless }, user: { frames: rate(1, 100) } },
      authenticate: ({ token }) => of({ user: token ?? '' }),
    })
    const [flood, idle] = [client({ token: 'ann' }), client({ token: 'ann' })]
    for (let at = 0; at < 10; at++) flood.send(...Array.from({ length: 64 }, () => ({ t: 'leave', ch: 1 }) as const))
    idle.send({ t: 'ping', n: 1 })
    expect([flood.closedWith(), idle.closedWith()]).toEqual([undefined, undefined])
  })

  it('[SV135] one message with many frames is handled in parts, in order, and others come in between', () => {
    const { client, time, server } = world((clock) => ({
      budgets: { user: { work: rate(100, 25) } },
      authenticate: ({ token }) => of({ user: token ?? '' }),
      codecs: [
        {
          ...json,
          encode: (frame) => {
            if ('t' in frame && frame.t === 'left') clock.sleepFor(0.5)
            return json.encode(frame)
          },
        },
      ],
    }))
    const [ann, ben] = [client({ token: 'ann' }), client({ token: 'ben' })]
    const joins = Array.from({ length: 600 }, (_, at) => join(at + 1, '@nobody'))
    ann.sendRaw(json.pack(joins.map((frame) => json.encode(frame))))
    ann.send({ t: 'ping', n: 7 })
    const early = server.metrics().framesIn
    expect(early).toBeLessThan(100)
    ben.send({ t: 'ping', n: 1 })
    expect(ben.all('pong')).toHaveLength(1)
    time.advanceBy(10_000)
    expect(ann.all('left').map(({ ch }) => ch)).toEqual(joins.map(({ ch }) => ch))
    expect([ann.all('pong').map(({ n }) => n), ann.isPaused()]).toEqual([[7], false])
  })

  it('[SV135] one that throws in its turn holds nobody else up', () => {
    const time = virtualTime()
    const { server, door } = roomServer({
      engine: memory({ scheduler: time }),
      scheduler: time,
      budgets: { user: { work: rate(1, 10) } },
    })
    const faults: string[] = []
    server.faults$.subscribe(({ where, message }) => faults.push(`${where}: ${message}`))
    const opened: number[] = []
    for (let at = 1; at <= 6; at++)
      door.queue('1.1.1.1', () => {
        time.sleepFor(5)
        opened.push(at)
        if (at % 2 === 0) throw new Error(`number ${at}`)
      })
    time.advanceBy(100)
    expect([opened, faults.length]).toEqual([[1, 2, 3, 4, 5, 6], 3])
    expect(faults[0]).toMatch(/^defect: .*number 2/)
  })

  it('[SV135] a message whose handling throws in its turn holds up none of those after it', () => {
    const { client, time, faults } = world((clock) => ({
      budgets: { user: { work: rate(100, 25) } },
      authorize: () => {
        clock.sleepFor(10)
        return of(['read', 'publish'])
      },
      codecs: [
        {
          ...json,
          unpack: (data) => {
            if (String(data).includes('bomb')) throw new Error('a bomb')
            return json.unpack(data)
          },
        },
      ],
    }))
    const peer = client()
    for (let at = 1; at <= 6; at++) peer.send(pub(at, `r${at}`, 1, { producer: `p${at}` }))
    expect(peer.isPaused()).toBe(true)
    peer.sendRaw('bomb')
    peer.send({ t: 'ping', n: 9 })
    time.advanceBy(2_000)
    expect([peer.all('pong').map(({ n }) => n), peer.isPaused()]).toEqual([[9], false])
    expect(faults.map(({ where }) => where)).toEqual(['defect'])
  })

  it('[SV136] joins and pages of a user above its share come after those of others', () => {
    const { client, time } = world((time) => ({
      budgets: { user: { work: rate(100, 25) } },
      authenticate: ({ token }) => of({ user: token ?? 'nobody' }),
      authorize: () => {
        time.sleepFor(10)
        return of(['read', 'publish', 'history'])
      },
    }))
    const [ann, ben] = [client({ token: 'ann' }), client({ token: 'ben' })]
    ann.send(...named('a', 64).map((room, at) => join(at + 1, room)))
    const early = ann.all('joined').length
    expect(early).toBeLessThan(10)
    ben.send(join(1, 'b'))
    time.advanceBy(30)
    expect(ben.all('joined')).toHaveLength(1)
    expect(ann.all('joined').length).toBeLessThan(early + 10)
    time.advanceBy(10_000)
    expect(ann.all('joined')).toHaveLength(64)
  })

  const opening = (budgets: GivenBudgets) => {
    const time = virtualTime()
    const engine = memory({ scheduler: time, ids: counted('id'), epochs: counted('E') })
    const { server, door } = roomServer({ engine, scheduler: time, budgets })
    const opened: string[] = []
    const open = (address: string | undefined, name: string): void => {
      door.queue(address, () => {
        time.sleepFor(10)
        opened.push(name)
      })
    }
    return { time, server, opened, open }
  }

  it('[SV137] connections are opened after the work of others where their address is above its share', () => {
    const { time, server, opened, open } = opening({ user: { work: rate(100, 25) }, server: { arrivals: endless } })
    for (const name of named('a', 6)) open('1.1.1.1', name)
    open('2.2.2.2', 'b1')
    expect(opened).toEqual([...named('a', 3), 'b1'])
    time.advanceBy(1_000)
    expect(opened).toEqual([...named('a', 3), 'b1', ...named('a', 3, 4)])
    open(undefined, 'c1')
    expect(opened.at(-1)).toBe('c1')
    server.close()
    open('2.2.2.2', 'b2')
    expect(opened).toContain('b2')
  })

  it('[SV137] connections that are not welcomed have a share in common, whatever their addresses', () => {
    const { time, opened, open } = opening({ server: { arrivals: rate(100, 25) } })
    named('1.1.1.', 6).forEach((address) => {
      open(address, address)
    })
    expect(opened).toEqual(named('1.1.1.', 3))
    time.advanceBy(1_000)
    expect(opened).toEqual(named('1.1.1.', 6))
  })

  it('[SV137] one who is welcomed does not wait with those who are not', () => {
    const { client, time, order } = costly(rate(100, 25), { server: { arrivals: rate(1, 10) } }, 20)
    const early = client('ann', { address: '1.1.1.1' })
    const late = client('ben', { address: '2.2.2.2' })
    early.send(pub(1, 'a1', 1))
    expect([early.all('welcome').length, late.all('welcome').length, order]).toEqual([1, 0, ['a1']])
    time.advanceBy(100)
    expect(late.all('welcome')).toHaveLength(1)
  })
})
