import * as t from 'io-ts'
import { anything, contract } from '../../lib/contract/contract.js'
import { type RetryBudget, retryBudget } from '../../lib/core/retry-budget.js'
import { calls, query } from '../../lib/features/calls/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { tokens } from '../../lib/kernel/tokens.js'
import type { ClientFrame } from '../../lib/protocol/frame.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { type Actor, admits, greets, stage, welcome } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const quick = { floorMs: 200, firstMs: 200, factor: 1, capMs: 200 }
const tight: RetryBudget = { burst: 2, perMinute: 6, ratio: 0 }

/** Refuses every join for now. */
const refusesJoins = (note: () => void) => (frame: ClientFrame, actor: Actor) => {
  greets(frame, actor)
  for (const { ch } of joinsOf(frame)) {
    note()
    actor.say({ t: 'left', ch, code: 'room/unavailable', message: 'sick', kind: 'retry' })
  }
}

describe('the retry budget of a client', () => {
  it('[RB3] [RB9] attempts to connect after the first retry wait for the budget; the state and a counter say so', () => {
    const { client, time, actors } = stage((frame, actor) => {
      if ('t' in frame) actor.close(1013)
    })
    const ana = client({ backoff: quick, random: () => 0, retries: retryBudget(tight) })
    const counted = see(ana.with(metrics).metrics$)
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(2_000)
    // The first, the free retry and the burst.
    expect(actors).toHaveLength(4)
    expect(state.last()).toMatchObject({ _tag: 'Waiting', heldBy: 'budget', because: { code: 'connection/closed' } })
    expect(counted.last().retriesHeld).toBe(1)
    time.advanceBy(60_000)
    expect(actors).toHaveLength(10)
    ana.connect()
    time.advanceBy(100)
    expect(actors).toHaveLength(11)
    ana.close()
  })

  it('[RB3] a client that disconnects gives its place up', () => {
    const { client, time, actors } = stage((frame, actor) => {
      if ('t' in frame) actor.close(1013)
    })
    const ana = client({ backoff: quick, random: () => 0, retries: retryBudget(tight) })
    ana.connect()
    time.advanceBy(2_000)
    ana.disconnect()
    time.advanceBy(60_000)
    expect(actors).toHaveLength(4)
    ana.close()
  })

  it('[RB4] joins that were refused for now share the budget, and a success returns it', () => {
    let asked = 0
    let isSick = true
    const refuses = refusesJoins(() => asked++)
    const { client, time } = stage((frame, actor) => {
      if (isSick) refuses(frame, actor)
      else admits(frame, actor)
    })
    const ana = client({ backoff: quick, retries: retryBudget({ ...tight, ratio: 0.1 }), random: () => 0 })
    const rooms = Array.from({ length: 50 }, (_, n) => ana.room(`room ${n}`, anything))
    const memberships = rooms.map((room) => {
      room.on('message').subscribe()
      return see(room.membership$)
    })
    time.advanceBy(1_000)
    expect(asked).toBe(50 + 2)
    time.advanceBy(30_000)
    expect(asked).toBe(50 + 2 + 3)
    isSick = false
    time.advanceBy(10_500)
    expect(memberships.map((seen) => seen.last()._tag)).toEqual(memberships.map(() => 'In'))
    ana.close()
  })

  it('[RB9] a join that the application asks for needs no permit', () => {
    let joins = 0
    const { client, time } = stage((frame, actor) => {
      refusesJoins(() => joins++)(frame, actor)
    })
    const ana = client({ backoff: quick, random: () => 0, retries: retryBudget(tight) })
    const room = ana.room('lobby', anything)
    for (let n = 0; n < 10; n++) {
      room.join()
      time.advanceBy(50)
    }
    expect(joins).toBeGreaterThanOrEqual(10)
    ana.close()
  })

  it('[RB5] renewals of the token that fail share the budget', () => {
    let asked = 0
    const { client, time } = stage((frame, actor) => {
      if ('t' in frame && frame.t === 'hello') actor.say(welcome({ tokenExpiresInMs: 20_000 }))
      else greets(frame, actor)
    })
    const token = (): string => {
      if (asked++ > 0) throw new Error('the endpoint is sick')
      return 'one'
    }
    const ana = client({ token: tokens(token), backoff: quick, retries: retryBudget(tight) })
    ana.connect()
    time.advanceBy(20_000)
    expect(asked).toBeGreaterThan(1)
    time.advanceBy(600_000)
    // First request, renewal, burst, and six a minute.
    expect(asked).toBeGreaterThanOrEqual(50)
    expect(asked).toBeLessThanOrEqual(2 + 2 + 62)
    ana.close()
  })

  it('[RB6] calls that a lost connection repeats share the budget, and go on as answers come', () => {
    const Shop = contract({ events: {}, calls: { free: query({ output: t.number }) } })
    let written = 0
    let isWell = false
    const { client, time, actor } = stage((frame, to) => {
      if (!('t' in frame)) return
      if (frame.t === 'hello') to.say(welcome({ can: ['calls'] }))
      else if (frame.t === 'call') {
        written++
        if (isWell) to.say({ t: 'reply', ch: frame.ch, n: 1, is: 'last', data: 7 })
      } else greets(frame, to)
    })
    const ana = client({ backoff: quick, retries: retryBudget({ burst: 3, perMinute: 6, ratio: 0.1 }) })
    const room = ana.room('shop', Shop).with(calls)
    const seen = Array.from({ length: 100 }, () => see(room.call('free', undefined, { withinMs: 60_000 })))
    const late = see(room.call('free', undefined, { withinMs: 2_000 }))
    time.advanceBy(100)
    expect(written).toBe(101)
    actor().close(1006)
    time.advanceBy(3_000)
    expect(written).toBe(101 + 3)
    expect(codeOf(late.only())).toBe('call/late')
    // A second loss begins anew: nothing is repeated twice on a link, and nothing is left waiting.
    actor().close(1006)
    isWell = true
    time.advanceBy(40_000)
    expect(seen.map((each) => right(each.only()))).toEqual(seen.map(() => 7))
    expect(written).toBe(101 + 3 + 100)
    ana.close()
  })

  it('[RB8] without the option, nothing waits but by its own delay', () => {
    const { client, time, actors } = stage((frame, actor) => {
      if ('t' in frame) actor.close(1013)
    })
    const ana = client({ backoff: quick })
    ana.connect()
    time.advanceBy(60_000)
    expect(actors.length).toBeGreaterThan(200)
    ana.close()
    const wrong = client({ retries: retryBudget({ perMinute: 0 }) })
    expect(left(see(wrong.connect()).only()).message).toContain('perMinute')
  })

  it('[RB7] 1 000 clients do not hammer a server that is sick for a while, and are back soon after', () => {
    const perSecond = Array.from({ length: 200 }, () => 0)
    let isSick = false
    const note = (): void => {
      if (isSick) perSecond[Math.floor(scene.time.now() / 1_000)]!++
    }
    // The token endpoint, the handshake and the hook of joins fail in turn.
    const scene = stage((frame, actor) => {
      const isHello = 't' in frame && frame.t === 'hello'
      if (isHello) note()
      if (!isSick) admits(frame, actor)
      else if (isHello && actor.number % 3 === 0) actor.close(1013)
      else refusesJoins(note)(frame, actor)
    })
    const { time, client, actors } = scene
    const token = (): string => {
      note()
      if (isSick && actors.length % 2 === 0) throw new Error('the endpoint is sick')
      return 'token'
    }
    const herd = Array.from({ length: 1_000 }, () => {
      const each = client({
        token: tokens(token),
        backoff: { firstMs: 500, capMs: 1_000 },
        retries: retryBudget(),
      })
      const rooms = Array.from({ length: 2 }, (_, n) => each.room(`room ${n}`, anything))
      for (const room of rooms) room.on('message').subscribe()
      return { each, rooms }
    })
    time.advanceBy(5_000)
    isSick = true
    for (const actor of actors.slice(0, 1_000)) actor.close(1013)
    time.advanceBy(40_000)
    isSick = false
    const steady = perSecond.slice(25, 45)
    time.advanceBy(10_000)
    const lost = herd.flatMap(({ rooms }) => rooms.filter((room) => see(room.membership$).last()._tag !== 'In'))
    expect(lost).toHaveLength(0)
    // 20 a minute each are 333 a second; each client alone would ask 1 650 times a second by its delays.
    expect(Math.max(...steady)).toBeLessThan(450)
    expect(Math.min(...steady)).toBeGreaterThan(200)
    for (const { each } of herd) each.close({ drainMs: 0 })
  })
})
