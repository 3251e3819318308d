import fc from 'fast-check'
import * as E from '#fp/Either'
import { last } from '../../lib/features/history/index.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world } from '../../lib/testing/world.js'
import { data, Numbers } from '../support/chat.js'
import { right, see, tags } from '../support/seen.js'
import { joined, msg, stage, welcome } from '../support/stage.js'

describe('what was before and what comes next', () => {
  it('[P12] have no hole and no double between them, whenever one joins among publishes and however late the engine is', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 300 }),
        (seed, count, joinAt) => {
          const draw = seeded(seed)
          const { client, time, server, end } = world({
            latencyMs: () => draw() * 20,
            between: (engine, scheduler) => unreliable(engine, { scheduler, random: draw, delayMs: 30 }),
          })
          for (let value = 1; value <= 40; value++) {
            time.schedule(() => server().publish('lobby', 'message', value), value * 8)
          }
          const ana = client()
          ana.connect()
          time.advanceBy(joinAt)
          const heard = see(ana.room('lobby', Numbers).on('message', count === 0 ? {} : { from: last(count) }))
          time.advanceBy(10_000)
          const values = data(heard.all) as readonly number[]
          const first = values[0] ?? 41
          expect(values).toEqual(Array.from({ length: 41 - first }, (_, index) => first + index))
          const offsets = heard.all.map((message) => right(message).position.offset)
          expect(offsets).toEqual(offsets.map((_, index) => offsets[0]! + index))
          expect(end()).toBe(0)
        },
      ),
      { numRuns: 30, seed: 12 },
    )
  })

  it('[P12] in every interleaving of the answer, what was missed and what is live, doubles included: the log', () => {
    const pieces = [1, 2, 3, 4, 5]
    fc.assert(
      fc.property(fc.shuffledSubarray([...pieces, ...pieces]), fc.nat({ max: 4 }), (repeats, base) => {
        const { client, actor, time } = stage((frame, to) => {
          if ('t' in frame && frame.t === 'hello') to.say(welcome())
        })
        const ana = client()
        const room = ana.room('lobby', Numbers)
        const membership = see(room.membership$)
        const heard = see(room.on('message'))
        time.advanceBy(100)
        const [join] = actor().joins()
        // Doubles of what is known come in between at any place.
        const told = pieces.slice(base).flatMap((offset, index) => [
          msg(1, offset),
          ...repeats
            .slice(index, index + 2)
            .filter((known) => known <= offset)
            .map((known) => msg(1, known)),
        ])
        actor().say(joined(join!, { base, head: 4 }), ...told)
        time.advanceBy(10)
        expect(data(heard.all)).toEqual(pieces.slice(base))
        expect(heard.all.map((message) => right(message).recovered)).toEqual(
          pieces.slice(base).map((offset) => offset <= 4),
        )
        expect(tags(membership).at(-1)).toBe('In')
        ana.close()
      }),
      { numRuns: 100, seed: 12 },
    )
  })

  it('[P12] join() answers when messages come from then on: what is published after it is never missed', () => {
    const { client, time, end } = world({ latencyMs: 30 })
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Numbers)
    const heard = see(room.messages())
    ben.connect()
    time.advanceBy(1_000)
    heard.stop()
    time.advanceBy(1_000)
    const seen: unknown[] = []
    room.join().subscribe((answer) => {
      expect(E.isRight(answer)).toBe(true)
      ben.room('lobby', Numbers).post('message', 1)
      room.on('message').subscribe((message) => seen.push(right(message).data))
    })
    time.advanceBy(1_000)
    expect(seen).toEqual([1])
    expect(end()).toBe(0)
  })

  it('[P12] what is sent in a room that is joining goes after its answer: no echo is missed', () => {
    const { client, time, end } = world({ latencyMs: 30 })
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const heard = see(room.on('message'))
    for (let value = 1; value <= 5; value++) room.post('message', value)
    time.advanceBy(1_000)
    expect(data(heard.all)).toEqual([1, 2, 3, 4, 5])
    expect(end()).toBe(0)
  })
})
