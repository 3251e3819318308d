import fc from 'fast-check'
import { seeded } from '../../lib/testing/random.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { type Seen, see, tags } from '../support/seen.js'
import { joined, stage, welcome } from '../support/stage.js'
import { joinsOf, tap } from '../support/wire.js'

const rooms = ['a', 'b', 'c']

/** What subscriber number `who` does in its room, after a pause. */
const move = fc.record({
  pauseMs: fc.constantFrom(0, 0, 1, 5, 40, 300, 700, 3_000),
  who: fc.nat({ max: 11 }),
  cut: fc.constantFrom(false, false, false, false, false, true),
})

describe('joins and leaves that race', () => {
  it('[P7] in any interleaving, with cuts and slow answers, end with what is wanted, without a join too many', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 50 }), fc.nat(), (moves, seed) => {
        const draw = seeded(seed)
        const { client, network, time, end } = world({ latencyMs: () => draw() * 200 })
        const wire = tap(network)
        const ana = client({ lingerMs: 50 })
        ana.connect()
        const subscribers = new Map<number, () => void>()
        /** Times that a room went from not needed to needed. */
        let wants = 0
        const holds = (room: string): number =>
          [...subscribers.keys()].filter((who) => rooms[who % rooms.length] === room).length
        for (const { pauseMs, who, cut } of moves) {
          const room = rooms[who % rooms.length]!
          const stop = subscribers.get(who)
          if (stop) {
            stop()
            subscribers.delete(who)
          } else {
            if (holds(room) === 0) wants++
            const handle = ana.room(room, Numbers)
            if (who % 2 === 0) subscribers.set(who, see(handle.on('message')).stop)
            else {
              see(handle.join())
              subscribers.set(who, () => handle.leave())
            }
          }
          if (cut) network.cut()
          time.advanceBy(pauseMs)
        }
        time.advanceBy(60_000)
        const wanted = rooms.filter((room) => holds(room) > 0)
        // The server's view, and the client's.
        expect(wire.members(wire.lastLink())).toEqual(wanted)
        const inside = rooms.filter((room) => tags(see(ana.room(room, Numbers).membership$)).at(-1) === 'In')
        expect(inside).toEqual(wanted)
        // Each room at most once per link, unless it was let go in between.
        const links = wire.up('hello').length
        expect(wire.joins().length).toBeLessThanOrEqual(wants + rooms.length * Math.max(0, links - 1))
        expect(end()).toBe(0)
      }),
      { numRuns: 75, seed: 7 },
    )
  })

  it('[P7] never has two joins of a room in flight, and an answer to the first is not taken for one to the second', () => {
    const { client, actor, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') to.say(welcome())
    })
    const ana = client({ lingerMs: 10 })
    ana.connect()
    time.advanceBy(100)
    const room = ana.room('lobby', Numbers)
    const membership = see(room.membership$)
    const first = see(room.on('message'))
    time.advanceBy(10)
    first.stop()
    time.advanceBy(20)
    const second = see(room.on('message'))
    time.advanceBy(10)
    expect(
      actor()
        .heard()
        .flatMap((frame) => ('t' in frame && 'ch' in frame ? [`${frame.t} ${frame.ch}`] : [])),
    ).toEqual(['join 1', 'leave 1', 'join 2'])
    const [one, two] = actor().heard().flatMap(joinsOf)
    actor().say(joined(one!, { base: 7 }))
    time.advanceBy(10)
    expect(membership.last()._tag).toBe('Joining')
    actor().say(['m', 1, 8, 'm8', 'message', ['ben', 's'], 1, 8])
    actor().say({ t: 'left', ch: 1, code: 'room/kicked', message: '', kind: 'terminal' })
    actor().say(joined(two!, { base: 3 }), ['m', 2, 4, 'm4', 'message', ['ben', 's'], 1, 4])
    time.advanceBy(10)
    expect(membership.last()._tag).toBe('In')
    expect(second.all).toHaveLength(1)
    ana.close()
  })

  it('[P7] subscribing a thousand times at once is one join, and letting all go at once one leave', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    const all: Seen<unknown>[] = Array.from({ length: 1_000 }, () => see(ana.room('lobby', Numbers).on('message')))
    time.advanceBy(100)
    for (const each of all) each.stop()
    time.advanceBy(1_000)
    expect([wire.joins().length, wire.up('leave').length]).toEqual([1, 1])
    expect(end()).toBe(0)
  })
})
