import fc from 'fast-check'
import { of } from 'rxjs'
import * as E from '#fp/Either'
import type { RoomError } from '../../lib/core/error.js'
import type { Gap } from '../../lib/core/position.js'
import type { Result } from '../../lib/core/result.js'
import type { Message } from '../../lib/rooms/message.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world, type WorldOptions } from '../../lib/testing/world.js'
import { historyLimits, last } from '../../lib/features/history/index.js'
import { data, Numbers } from '../support/chat.js'
import { left, see, type Seen } from '../support/seen.js'

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

const gapsOf = (seen: Seen<Result<unknown>>): readonly Gap[] =>
  seen.all.flatMap((each) => (E.isLeft(each) ? ((each.left as RoomError).gap ?? []) : []))

const inLobby = (options: WorldOptions = {}) => {
  const here = world(options)
  const heard = see(here.client().room('lobby', Numbers).on('message'))
  here.time.advanceBy(100)
  const post = (...values: readonly number[]): void => {
    for (const value of values) here.server().publish('lobby', 'message', value)
  }
  const away = (...values: readonly number[]): void => {
    here.network.cut()
    post(...values)
    here.time.advanceBy(5_000)
  }
  return { ...here, heard, post, away }
}

describe('a reconnect', () => {
  it('[P2] of a room in which nothing was ever sent misses nothing', () => {
    const { heard, away, end } = inLobby()
    away(1, 2, 3)
    expect(data(heard.all)).toEqual([1, 2, 3])
    expect(end()).toBe(0)
  })

  it('[P2] after another, and another, each time brings exactly what was missed', () => {
    const { heard, away, post, time, end } = inLobby()
    for (let round = 0; round < 20; round++) away(...range(round * 5 + 1, round * 5 + (round % 2 ? 5 : 4)))
    post(0)
    time.advanceBy(60_000)
    expect(data(heard.all)).toEqual([
      ...Array.from({ length: 20 }, (_, round) => range(round * 5 + 1, round * 5 + (round % 2 ? 5 : 4))).flat(),
      0,
    ])
    expect(gapsOf(heard)).toEqual([])
    expect(end()).toBe(0)
  })

  it('[P2] in the middle of what was missed goes on where that stopped', () => {
    const { heard, network, post, time, end } = inLobby({ limits: { unseenBytes: 2_000 }, latencyMs: 20 })
    time.advanceBy(500)
    network.cut()
    post(...range(1, 300))
    let cuts = 0
    for (let before = 0; heard.all.length < 300 && cuts < 50; before = heard.all.length) {
      time.advanceBy(20)
      if (heard.all.length === before) continue
      network.cut()
      cuts++
    }
    time.advanceBy(5_000)
    expect(cuts).toBeGreaterThan(3)
    expect(data(heard.all)).toEqual(range(1, 300))
    expect(end()).toBe(0)
  })

  it('[P2] to a log that was begun anew, or is older than what was heard, is one gap, and all that there is', () => {
    for (const epoch of ['other', 'epoch-1']) {
      let made = 0
      const { heard, post, time, restart, end } = inLobby({
        memory: { epochs: () => (made++ === 0 ? 'epoch-1' : epoch) },
      })
      post(1, 2, 3, 4)
      time.advanceBy(100)
      restart({ engine: 'new' })
      post(10, 11)
      time.advanceBy(5_000)
      expect(data(heard.all)).toEqual([1, 2, 3, 4, 'room/gap', 10, 11])
      expect(left(heard.all[4]!)).toMatchObject({
        gap: { because: 'epoch', from: { offset: 4 }, to: { epoch, offset: 0 } },
      })
      expect(end()).toBe(0)
    }
  })

  it('[P2] under any schedule of losses leaves no hole that a gap does not tell, and no gap where the log had it all', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.array(fc.integer({ min: 1, max: 800 }), { maxLength: 25 }),
        fc.constantFrom(20, 10_000),
        (seed, losses, messages) => {
          const draw = seeded(seed)
          const { client, time, network, server, end } = world({
            seed,
            latencyMs: () => draw() * 40,
            memory: { messages },
            highWaterBytes: 3_000,
            limits: { unseenBytes: 3_000 },
            between: (engine, scheduler) => {
              const late = unreliable(engine, { scheduler, random: draw, delayMs: 30 })
              return {
                ...late,
                read: (...what) => (draw() < 0.1 ? of(E.left({ message: 'no disk' })) : late.read(...what)),
              }
            },
          })
          const ana = client()
          ana.with(historyLimits({ pageMessages: 8, holdMessages: 8 }))
          const room = ana.room('lobby', Numbers)
          const streams = [see(room.on('message'))]
          time.advanceBy(2_000)
          let head = 0
          for (const [round, loss] of losses.entries()) {
            for (let many = Math.floor(draw() * 30); many > 0; many--) {
              server().publish('lobby', 'message', ++head)
              if (draw() < 0.3) time.advanceBy(5)
            }
            if (round % 6 === 2) streams.push(see(room.on('message', { from: last(5) })))
            network.cut()
            time.advanceBy(loss)
          }
          time.advanceBy(60_000)
          server().publish('lobby', 'message', ++head)
          time.advanceBy(60_000)
          for (const seen of streams) expect(complaints(seen, head)).toEqual([])
          if (messages > head) expect(streams.flatMap(gapsOf)).toEqual([])
          expect(end()).toBe(0)
        },
      ),
      { numRuns: 40, seed: 2 },
    )
  }, 60_000)
})

/** What is wrong with a stream: what it neither has nor tells as missing, or has or tells twice. */
const complaints = ({ all }: Seen<Result<Message<number>>>, head: number): readonly string[] => {
  const found: string[] = []
  let at: number | undefined
  for (const each of all) {
    if (E.isRight(each)) {
      const { offset } = each.right.position
      if (each.right.data !== offset) found.push(`${each.right.data} at ${offset}`)
      if (at !== undefined && offset !== at + 1) found.push(`${offset} after ${at}`)
      at = offset
    } else {
      const { gap } = each.left as RoomError
      if (!gap) {
        if (each.left.kind !== 'retry') found.push(each.left.code)
      } else {
        if (at !== undefined && gap.from.offset !== at) found.push(`a gap from ${gap.from.offset} after ${at}`)
        if (gap.because !== 'truncated') found.push(gap.because)
        if (gap.missing !== gap.to.offset - gap.from.offset || gap.missing <= 0) found.push(`missing ${gap.missing}`)
        at = gap.to.offset
      }
    }
  }
  if (at !== undefined && at !== head) found.push(`ends at ${at} of ${head}`)
  return found
}
