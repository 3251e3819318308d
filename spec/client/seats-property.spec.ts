import fc from 'fast-check'
import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Membership } from '../../lib/rooms/membership.js'
import type { Row } from '../../lib/server/tables/model.js'
import { memory } from '../../lib/server/memory.js'
import { fakeServer } from '../../lib/testing/fake.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { limit, namesIn } from '../support/capacity.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admission } from '../../lib/features/room-life/admission.js'

type Act =
  | { readonly _tag: 'join' | 'queue' | 'leave' | 'cut' | 'away' | 'back' | 'move' | 'quit'; readonly who: number }
  | { readonly _tag: 'crash'; readonly node: number }
  | { readonly _tag: 'wait'; readonly ms: number }

const nameOf = ({ key }: Row): string => key.slice(0, key.indexOf('\n'))

const people = 6
const capacity = 2
const who = fc.nat(people - 1)
const acts = (weight: number, ...tags: readonly Extract<Act, { readonly who: number }>['_tag'][]) => ({
  weight,
  arbitrary: fc.record({ _tag: fc.constantFrom(...tags), who }) as fc.Arbitrary<Act>,
})
const waits = { weight: 5, arbitrary: fc.record({ _tag: fc.constant('wait' as const), ms: fc.nat(8_000) }) }
const calmActs: fc.Arbitrary<Act> = fc.oneof(acts(5, 'queue'), acts(1, 'join'), acts(4, 'leave'), waits)
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  acts(6, 'queue'),
  acts(3, 'join', 'leave'),
  acts(2, 'cut', 'away', 'back', 'move'),
  acts(1, 'quit'),
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('crash' as const), node: fc.nat(1) }) },
  waits,
)

/** Two servers over one engine, and people at them; the names in the table of seats are checked at each change. */
const play = (seed: number, isFaulty: boolean, isSound = true) => {
  const time = virtualTime()
  const random = seeded(seed)
  const plain = memory({ scheduler: time, wall: () => time.now() })
  const engine = isSound
    ? plain
    : unreliable(plain, { scheduler: time, random, delayMs: 20, failEvery: 40, loseAnswers: 40 })
  limit(plain, 'lobby', capacity)
  const nodes = ['one', 'two'].map((name) => {
    let ids = 0
    const seedOf = isFaulty ? { seed } : {}
    return fakeServer(time, {
      ...seedOf,
      engine,
      ids: () => `${name}-${++ids}`,
      authenticate: ({ token = '?' }) => [{ user: token }],
    })
  })
  const rows = { seats: new Map<string, Row>(), queue: new Map<string, Row>() }
  let most = 0
  /** Each name that got a seat, with the names that waited for one before it. */
  const served: (readonly [string, readonly string[]])[] = []
  const queued = (): readonly string[] => [...rows.queue.values()].sort((a, b) => a.version - b.version).map(nameOf)
  for (const of of ['queue', 'seats'] as const)
    plain.tables?.follow({ of, room: 'lobby' }).subscribe((item) => {
      if (E.isLeft(item)) return
      const known = rows[of]
      if (item.right._tag === 'Rows') known.clear()
      else for (const { key } of item.right.drops) known.delete(key)
      for (const row of item.right._tag === 'Rows' ? item.right.rows : item.right.puts) {
        const names = new Set([...rows.seats.values()].map(nameOf))
        const waiting = queued().filter((name) => !names.has(name))
        if (of === 'seats' && !names.has(nameOf(row)))
          served.push([nameOf(row), waiting.slice(0, Math.max(0, waiting.indexOf(nameOf(row))))])
        known.set(row.key, row)
      }
      most = Math.max(most, namesIn(plain, 'seats', 'lobby').length)
    })
  const person = (name: string, first: number) => {
    let node = first
    const client = nodes[0]!.client({
      url: () => `ws://node-${node}`,
      token: tokens(() => name),
      transport: (request) => nodes[node]!.network.host(name).transport(request),
      lingerMs: 0,
    })
    const room = client.room('lobby', Chat)
    return {
      name,
      client,
      room,
      membership: see<Membership>(room.membership$),
      hosts: nodes.map(({ network }) => network.host(name)),
      move: () => {
        node = 1 - node
      },
    }
  }
  const all = Array.from({ length: people }, (_, at) => person(`u${at}`, at % 2))
  const act = (each: Act): void => {
    const one = 'who' in each ? all[each.who]! : undefined
    switch (each._tag) {
      case 'join':
        see(one!.room.join(admission({ queue: false })))
        break
      case 'queue':
        see(one!.room.join(admission({ queue: true })))
        break
      case 'leave':
        see(one!.room.leave())
        break
      case 'cut':
        for (const host of one!.hosts) host.cut()
        break
      case 'away':
        for (const host of one!.hosts) {
          host.cut()
          host.refuse(true)
        }
        break
      case 'back':
        for (const host of one!.hosts) host.refuse(false)
        break
      case 'move':
        one!.move()
        for (const host of one!.hosts) host.cut()
        break
      case 'quit':
        one!.client.disconnect()
        time.advanceBy(300)
        one!.client.connect()
        break
      case 'crash':
        nodes[each.node]!.restart()
        break
      case 'wait':
        time.advanceBy(each.ms)
    }
    time.advanceBy(7)
  }
  return {
    time,
    all,
    person,
    act,
    engine: plain,
    served,
    most: () => most,
    end: () => {
      for (const each of nodes) each.close()
      time.advanceBy(60_000)
      return time.pending()
    },
  }
}

const runs = Number(process.env['RUNS'] ?? 60)

describe('seats, under any interleaving', () => {
  it.each([
    ['', true],
    [' and failures of the engine', false],
  ] as const)(
    '[SQ25] joins, leaves, losses, reconnects, moves, crashes%s: never more seats than the capacity, and nobody waits for a free one',
    (_, isSound) => {
      fc.assert(
        fc.property(fc.array(anyAct, { maxLength: 40 }), fc.nat(), (script, seed) => {
          const { time, all, person, act, engine, most, end } = play(seed, true, isSound)
          for (const each of script) act(each)
          for (const { client, hosts } of all) {
            for (const host of hosts) host.refuse(false)
            client.connect()
          }
          time.advanceBy(120_000)
          // The seats of a server that has stopped go with the next use of a server.
          const probe = person('probe', 0)
          see(probe.room.join(admission({ queue: true })))
          time.advanceBy(60_000)
          see(probe.room.leave())
          time.advanceBy(30_000)
          const memberships = all.map(({ membership }) => membership.last())
          const [isIn, isWaiting] = [
            (each: Membership) => each._tag === 'In',
            (each: Membership) => each._tag === 'Joining',
          ].map((is) => all.filter((_, at) => is(memberships[at]!)).map(({ name }) => name))
          const seats = [...namesIn(engine, 'seats', 'lobby')].sort()
          expect(most()).toBeLessThanOrEqual(capacity)
          expect(seats).toEqual(isIn)
          expect([...namesIn(engine, 'queue', 'lobby')].sort()).toEqual(isWaiting)
          if (isWaiting!.length > 0) expect(seats).toHaveLength(capacity)
          const places = memberships.flatMap((each) => (each._tag === 'Joining' ? [each.place] : []))
          expect(places.sort()).toEqual(isWaiting!.map((__, at) => at + 1))
          expect(end()).toBe(0)
        }),
        { numRuns: runs },
      )
    },
  )

  it('[SQ26] the queue is served in its order, over two servers', () => {
    fc.assert(
      fc.property(fc.array(calmActs, { maxLength: 40 }), (script) => {
        const { act, served, engine } = play(1, false)
        for (const each of script) act(each)
        expect(served.filter(([, before]) => before.length > 0)).toEqual([])
        expect(namesIn(engine, 'seats', 'lobby').length).toBeLessThanOrEqual(capacity)
      }),
      { numRuns: runs },
    )
  })
})
