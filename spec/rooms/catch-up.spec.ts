import fc from 'fast-check'
import * as E from '#fp/Either'
import type { Client } from '../../lib/client/client.js'
import type { OnOptions } from '../../lib/client/room.js'
import { cached, historyLimits } from '../../lib/features/history/index.js'
import { after, last } from '../../lib/features/history/start.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { metrics as metricsOf } from '../../lib/features/observe/index.js'
import type { RoomError } from '../../lib/core/error.js'
import type { Result } from '../../lib/core/result.js'
import type { Message } from '../../lib/rooms/message.js'
import { seeded } from '../../lib/testing/random.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { world, type WorldOptions } from '../../lib/testing/world.js'
import { data, Numbers } from '../support/chat.js'
import { left, right, see, type Seen } from '../support/seen.js'
import { greets, joined, msg, stage, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

/** A room with five messages, and a client that is in it. */
const filled = (options: WorldOptions = {}, count = 5) => {
  const here = world(options)
  const post = (...values: readonly number[]): void => {
    for (const value of values) here.server().publish('lobby', 'message', value)
    here.time.advanceBy(10)
  }
  post(...range(1, count))
  const ana = here.client()
  const room = ana.room('lobby', Numbers)
  const live = see(room.on('message'))
  here.time.advanceBy(100)
  const on = (from: OnOptions['from']) => see(room.on('message', { from }))
  return { ...here, post, ana, room, live, on }
}

const gapOf = (result: Result<unknown>) => (left(result) as RoomError).gap
const metrics = (client: Client) => see(client.with(metricsOf).metrics$).last()

describe('a subscription to a room that this client is in', () => {
  it('[HI4] [RM9] gets the last so many, or what follows a position, then what comes next; the others are not disturbed', () => {
    const { live, on, post, time, network, end } = filled()
    const streams = [on(last(2)), on(last(99)), on(after({ epoch: 'epoch-1', offset: 3 })), on(last(0)), on('live')]
    time.advanceBy(100)
    post(6, 7)
    expect([live, ...streams].map((seen) => data(seen.all))).toEqual([
      [6, 7], [4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7], [6, 7], [6, 7],
    ]) // prettier-ignore
    expect(streams[0]!.all.map((each) => right(each).recovered)).toEqual([true, true, false, false])
    expect(network.links()).toBe(1)
    expect(end()).toBe(0)
  })

  it('[HI4] what comes live while its page is on its way is told after that, once', () => {
    const { live, on, post, time, end } = filled({ latencyMs: 50 })
    time.advanceBy(1_000)
    const seen = on(last(3))
    for (const value of [6, 7, 8, 9, 10, 11, 12]) {
      post(value)
      time.advanceBy(20)
    }
    time.advanceBy(1_000)
    expect([data(live.all), data(seen.all)]).toEqual([range(6, 12), range(3, 12)])
    expect(end()).toBe(0)
  })

  it('[HI4] goes on with its pages over losses of the link', () => {
    const { on, post, network, time, client, end } = filled({ latencyMs: 30 }, 500)
    const seen = on(after({ epoch: 'epoch-1', offset: 0 }))
    const few = see(
      client()
        .with(historyLimits({ pageMessages: 10 }))
        .room('lobby', Numbers)
        .on('message', { from: last(2) }),
    )
    for (let round = 0; round < 6; round++) {
      time.advanceBy(40)
      network.cut()
      time.advanceBy(3_000)
    }
    post(501)
    time.advanceBy(10_000)
    expect(data(seen.all)).toEqual(range(1, 501))
    expect(data(few.all)).toEqual([499, 500, 501])
    expect(end()).toBe(0)
  })

  it('[HI4] is told one gap for what the log has no more, is another log, or may not be read; { last } is what there is', () => {
    const { on, post, time, end } = filled({ memory: { messages: 3 } }, 10)
    const streams = [
      on(after({ epoch: 'epoch-1', offset: 2 })), on(after({ epoch: 'of old', offset: 2 })), on(after({ epoch: 'epoch-1', offset: 99 })), on(last(8)),
    ] // prettier-ignore
    time.advanceBy(100)
    post(11)
    const there = [8, 9, 10, 11]
    expect(streams.map((seen) => data(seen.all))).toEqual([
      ['room/gap', ...there], ['room/gap', ...there], ['room/gap', ...there], there,
    ]) // prettier-ignore
    expect(streams.slice(0, 3).map((seen) => gapOf(seen.all[0]!))).toMatchObject([
      { because: 'truncated', from: { offset: 2 }, to: { offset: 7 }, missing: 5 },
      { because: 'epoch', from: { epoch: 'of old' }, to: { epoch: 'epoch-1', offset: 7 } },
      { because: 'epoch', from: { offset: 99 }, to: { offset: 7 } },
    ])
    expect(end()).toBe(0)
  })

  it('[HI4] without the permission: a gap after a position, nothing for { last }, and what comes next', () => {
    const { on, post, time, end } = filled({ authorize: () => [['read']] })
    const streams = [on(after({ epoch: 'epoch-1', offset: 2 })), on(last(2))]
    time.advanceBy(100)
    post(6)
    expect(streams.map((seen) => data(seen.all))).toEqual([['room/gap', 6], [6]])
    expect(gapOf(streams[0]!.all[0]!)).toMatchObject({ because: 'forbidden', missing: 3 })
    expect(end()).toBe(0)
  })

  it('[HI4] on a server that gives no history: the same, and { last } is told so', () => {
    const { client, actor, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') to.say(welcome())
      for (const join of joinsOf(frame)) to.say(joined(join, { base: 5 }))
    })
    const room = client().room('lobby', Numbers)
    see(room.on('message'))
    time.advanceBy(100)
    const streams = [after({ epoch: 'E', offset: 2 }), last(2)].map((from) => see(room.on('message', { from })))
    time.advanceBy(100)
    actor().say(msg(1, 6))
    time.advanceBy(100)
    expect(streams.map((seen) => data(seen.all))).toEqual([
      ['room/gap', 6],
      ['room/no-history', 6],
    ])
    expect(
      actor()
        .heard()
        .filter((frame) => 't' in frame && frame.t === 'history'),
    ).toEqual([])
  })

  it('[HI4] [RM13] is told one gap when the log becomes another one under its page', () => {
    const { client, restart, time, network, end } = filled({ latencyMs: 40 }, 300)
    const ana = client().with(historyLimits({ pageMessages: 10 }))
    const room = ana.room('lobby', Numbers)
    see(room.on('message'))
    time.advanceBy(1_000)
    const seen = see(room.on('message', { from: last(200) }))
    time.advanceBy(200)
    restart({ engine: 'new' })
    time.advanceBy(5_000)
    client().room('lobby', Numbers).post('message', 7)
    time.advanceBy(5_000)
    const values = data(seen.all)
    const gapAt = values.indexOf('room/gap')
    expect(values.slice(0, gapAt)).toEqual(range(101, 100 + gapAt))
    expect(values.slice(gapAt)).toEqual(['room/gap', 7])
    expect(gapOf(seen.all[gapAt]!)).toMatchObject({
      because: 'epoch', from: { epoch: 'epoch-1', offset: 100 + gapAt }, to: { epoch: 'epoch-2', offset: 0 },
    }) // prettier-ignore
    expect(network.links()).toBeGreaterThan(1)
    expect(end()).toBe(0)
  })

  it('[HI4] that goes before its page has come leaves nothing behind', () => {
    const { on, time, room, end } = filled({ latencyMs: 50 })
    const seen = on(last(3))
    time.advanceBy(20)
    seen.stop()
    time.advanceBy(1_000)
    expect(seen.all).toEqual([])
    const membership = see(room.membership$)
    expect(membership.last()._tag).toBe('In')
    expect(end()).toBe(0)
  })
})

describe('too much while a page is on its way', () => {
  it('[HI5] is dropped, the room is joined again from the position before, and nothing is lost or told twice', () => {
    const { client, post, server, time, end } = filled({ latencyMs: 50 }, 20)
    const ana = client().with(historyLimits({ holdMessages: 4 }))
    const room = ana.room('lobby', Numbers)
    const streams = [
      see(room.on('message')),
      see(room.messages()),
      see(manyRooms(ana, ['lobby'], Numbers).on('message')),
    ]
    time.advanceBy(1_000)
    const late = see(room.on('message', { from: last(3) }))
    time.advanceBy(10)
    for (const value of range(21, 40)) server().publish('lobby', 'message', value)
    time.advanceBy(1_000)
    post(41)
    time.advanceBy(1_000)
    expect(streams.map((seen) => data(seen.all))).toEqual([range(21, 41), range(21, 41), range(21, 41)])
    expect(data(late.all)).toEqual(range(18, 41))
    expect(metrics(ana)).toMatchObject({ overflows: 1, gaps: 0 })
    expect(end()).toBe(0)
  })
})

describe('a hole that nobody told', () => {
  /** A server that leaves out what it is told to, each place so often. */
  const skipping = (times: number) => {
    let skips = times
    return stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') greets({ ...frame, rooms: [] }, to)
      for (const { ch, from } of joinsOf(frame)) {
        const base = from && 'offset' in from ? from.offset : 0
        to.say(joined({ ch }, { base, head: 5 }))
        for (const offset of range(base + 1, 5))
          if ((offset !== 3 && offset !== 4) || --skips < 0) to.say(msg(ch, offset))
      }
    })
  }

  it('[HI6] [PR95] is filled by joining again from the position, before what follows is told', () => {
    const { client, actor, time } = skipping(2)
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const streams = [see(room.on('message')), see(room.messages())]
    time.advanceBy(1_000)
    expect(streams.map((seen) => data(seen.all))).toEqual([range(1, 5), range(1, 5)])
    expect(
      actor()
        .joins()
        .map(({ ch, from }) => [ch, from]),
    ).toEqual([
      [1, undefined],
      [2, { epoch: 'E', offset: 2 }],
    ])
    expect(metrics(ana)).toMatchObject({ mended: 1, gaps: 0, messagesIn: 5 })
    ana.close()
  })

  it('[HI6] [PR95] that is there again is a gap, once in each stream', () => {
    const { client, actor, time } = skipping(Infinity)
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const streams = [see(room.on('message')), see(room.messages())]
    time.advanceBy(10_000)
    expect(streams.map((seen) => data(seen.all))).toEqual([
      [1, 2, 'room/gap', 5],
      [1, 2, 'room/gap', 5],
    ])
    expect(gapOf(streams[0]!.all[2]!)).toMatchObject({ because: 'lost', missing: 2 })
    expect(actor().joins()).toHaveLength(2)
    ana.close()
  })
})

const trouble = fc.record({
  afterMs: fc.integer({ min: 0, max: 2_000 }),
  what: fc.constantFrom('cut', 'cut', 'freeze', 'restart', 'slow', 'quick'),
})

describe('subscriptions of all kinds', () => {
  it('[HI4] [HI5] [RM7] each get what they asked for, each message once and in order, whatever breaks', () => {
    fc.assert(
      fc.property(
        fc.array(trouble, { maxLength: 6 }),
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        (troubles, seed, small) => {
          const draw = seeded(seed)
          const { client, time, network, server, restart, end } = world({
            seed,
            latencyMs: () => draw() * 20,
            between: (engine, scheduler) => unreliable(engine, { scheduler, random: draw, delayMs: 20 }),
            limits: { history: 1 + Math.floor(draw() * 30) },
          })
          const pick = (most: number): number => Math.floor(draw() * most)
          let head = 0
          const ana = client().with(historyLimits({ pageMessages: small, holdMessages: small, inFlight: 2 }))
          const room = draw() < 0.3 ? ana.room('lobby', Numbers).with(cached(small)) : ana.room('lobby', Numbers)
          const effects: Readonly<Record<string, () => void>> = {
            cut: () => network.cut(),
            freeze: () => {
              network.freeze()
              time.schedule(() => network.thaw(), 1_000)
            },
            restart: () => restart(),
            slow: () => network.latency(() => draw() * 300),
            quick: () => network.latency(1),
          }
          let due = time.now()
          for (const { afterMs, what } of troubles) time.schedule(effects[what]!, (due += afterMs) - time.now())
          type Stream = { readonly since: number | undefined; readonly seen: Seen<Result<Message<number>>> }
          const streams: Stream[] = []
          const subscribe = (): void => {
            const known = Math.max(
              0,
              ...streams.flatMap(({ seen }) => seen.all.map((each) => right(each).position.offset)),
            )
            const kind = pick(3)
            const since = kind === 2 ? pick(known + 1) : undefined
            const from =
              since !== undefined ? after({ epoch: 'epoch-1', offset: since }) : kind === 0 ? 'live' : last(pick(30))
            streams.push({ since, seen: see(room.on('message', { from })) })
          }
          for (let round = 0; round < 80; round++) {
            if (draw() < 0.15) subscribe()
            if (draw() < 0.05) streams[pick(streams.length)]?.seen.stop()
            for (let many = pick(6); many > 0; many--) server().publish('lobby', 'message', ++head)
            time.advanceBy(pick(120))
          }
          const alive = streams.map(({ seen }) => seen.all.length)
          network.latency(1)
          time.advanceBy(60_000)
          server().publish('lobby', 'message', ++head)
          time.advanceBy(60_000)
          for (const [at, { since, seen }] of streams.entries()) {
            const offsets = seen.all.map((each) => (E.isRight(each) ? each.right.position.offset : each.left.code))
            const first = offsets[0] as number | undefined
            if (first === undefined) continue
            const isStopped = seen.all.length === alive[at] && offsets.at(-1) !== head
            expect({ since, offsets }).toEqual({
              since,
              offsets: range(first, isStopped ? (offsets.at(-1) as number) : head),
            })
            if (since !== undefined) expect(first).toBe(since + 1)
          }
          expect(metrics(ana)).toMatchObject({ gaps: 0 })
          expect(end()).toBe(0)
        },
      ),
      { numRuns: 20, seed: 9 },
    )
  }, 60_000)
})
