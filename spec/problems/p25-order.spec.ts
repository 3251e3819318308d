import fc from 'fast-check'
import { delay, of, switchMap } from 'rxjs'
import type { Engine } from '../../lib/server/engine.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world } from '../../lib/testing/world.js'
import { last } from '../../lib/features/history/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { data, Numbers } from '../support/chat.js'
import { right, see } from '../support/seen.js'

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

describe('what answers late', () => {
  it('[P25] never changes the order of a room, however long each step takes', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 300 }), (seed, delayMs) => {
        const draw = seeded(seed)
        const { client, time, server, end } = world({
          latencyMs: () => draw() * delayMs,
          between: (engine, scheduler) => unreliable(engine, { scheduler, random: draw, delayMs }),
        })
        const ana = client()
        const names = ['a', 'b', 'c']
        const streams = names.map((name) => see(ana.room(name, Numbers).on('message')))
        time.advanceBy(5_000)
        const late: (typeof streams)[number][] = []
        for (const value of range(1, 60)) {
          for (const name of names) server().publish(name, 'message', value)
          if (value % 20 === 0)
            late.push(...names.map((name) => see(ana.room(name, Numbers).on('message', { from: last(99) }))))
          time.advanceBy(draw() * 40)
        }
        time.advanceBy(60_000)
        for (const seen of [...streams, ...late]) {
          expect(data(seen.all)).toEqual(range(1, 60))
          expect(seen.all.map((each) => right(each).position.offset)).toEqual(range(1, 60))
        }
        expect(end()).toBe(0)
      }),
      { numRuns: 15, seed: 25 },
    )
  }, 30_000)

  it('[P25] holds up its own subscription alone: others, other rooms and the signs of life go on', () => {
    const { client, time, server, network, end } = world({
      heartbeat: { intervalMs: 2_000, graceMs: 1_000 },
      answerMs: 100_000,
      between: (engine, scheduler): Engine => ({
        ...engine,
        read: (room, ...rest) =>
          of(0).pipe(
            delay(room === 'slow' ? 30_000 : 0, scheduler),
            switchMap(() => engine.read(room, ...rest)),
          ),
      }),
    })
    const ana = client({ deadlines: { joinMs: 60_000 } })
    const [slow, quick] = ['slow', 'quick'].map((name) => ana.room(name, Numbers))
    for (const value of range(1, 5)) for (const name of ['slow', 'quick']) server().publish(name, 'message', value)
    const live = [slow!, quick!].map((room) => see(room.on('message')))
    time.advanceBy(1_000)
    const late = [slow!, quick!].map((room) => see(room.on('message', { from: last(2) })))
    for (const value of range(6, 25)) {
      for (const name of ['slow', 'quick']) server().publish(name, 'message', value)
      time.advanceBy(1_000)
    }
    expect(live.map((seen) => data(seen.all))).toEqual([range(6, 25), range(6, 25)])
    expect(late.map((seen) => data(seen.all))).toEqual([[], range(4, 25)])
    time.advanceBy(30_000)
    expect(data(late[0]!.all)).toEqual(range(4, 25))
    expect(network.links()).toBe(1)
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ losses: 0, gaps: 0 })
    expect(end()).toBe(0)
  })
})
