import * as E from '#fp/Either'
import fc from 'fast-check'
import type { Client } from '../../lib/client/client.js'
import type { StormFault, StormOptions, Strike } from '../../lib/testing/fault-schedule.js'
import { world, type World, type WorldOptions } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { codeOf, right, see, type Seen } from '../support/seen.js'
import type { Result } from '../../lib/core/result.js'
import type { Message } from '../../lib/rooms/message.js'
import type { Receipt } from '../../lib/outbox/message.js'

const names = ['ana', 'ben', 'cem'] as const
const engine = { delayMs: 40, failEvery: 30, loseAnswers: 30 }

interface Outcome {
  readonly strikes: readonly Strike[]
  /** Every message on every link, with its time. */
  readonly transcript: readonly string[]
  readonly heard: readonly Seen<Result<Message<number>>>[]
  readonly posted: readonly Seen<Result<Receipt>>[]
  readonly states: readonly string[]
  readonly leaks: number
}

/** Three clients in a room, each with something to say all the time, for half a minute of storm and two of calm. */
const run = (options: StormOptions, how: WorldOptions = {}): Outcome => {
  const there: World = world(how)
  const transcript: string[] = []
  there.network.frames$.subscribe(({ at, link, host, direction, data }) => {
    transcript.push(`${at} ${host} ${link} ${direction} ${String(data)}`)
  })
  const clients: readonly Client[] = names.map((host) => there.client({ host }))
  const heard = clients.map((client) => see(client.room('numbers', Numbers).on('message')))
  const states = clients.map((client) => see(client.state$))
  const posted: Seen<Result<Receipt>>[] = []
  there.time.advanceBy(1_000)
  const { strikes, stop } = there.storm(options)
  for (let count = 0; count < 60; count++) {
    const room = clients[count % clients.length]!.room('numbers', Numbers)
    posted.push(see(room.post('message', count)))
    there.time.advanceBy(500)
  }
  stop()
  there.time.advanceBy(120_000)
  return { strikes, transcript, heard, posted, states: states.map(({ last }) => last()._tag), leaks: there.end() }
}

/** What is wrong with what a subscriber was told, given what was logged where. */
const faultOf = (told: readonly Result<Message<number>>[], logged: ReadonlyMap<number, number>): string | undefined => {
  let offset = 0
  for (const result of told) {
    if (E.isRight(result)) {
      const { position, data } = result.right
      if (position.offset !== offset + 1) return `${position.offset} after ${offset}`
      if (logged.has(position.offset) && logged.get(position.offset) !== data) return `another message at ${offset}`
      offset = position.offset
    } else if (result.left._tag === 'RoomError' && result.left.gap) {
      const { from, to, missing, because } = result.left.gap
      if (from.offset !== offset || missing !== to.offset - offset || because !== 'truncated') return `no such gap`
      offset = to.offset
    } else if (result.left.kind !== 'retry') return codeOf(result)
  }
  return offset === logged.size ? undefined : `${logged.size} messages, not ${offset}`
}

const isTrue = ({ heard, posted, states, leaks }: Outcome): void => {
  const receipts = posted.map(({ only }) => right(only()))
  const logged = new Map(receipts.map(({ position }, data) => [position.offset, data]))
  expect(logged.size).toBe(posted.length)
  expect(heard.map(({ all }) => faultOf(all, logged))).toEqual(names.map(() => undefined))
  expect(states).toEqual(names.map(() => 'Online'))
  expect(leaks).toBe(0)
}

describe('a storm', () => {
  it('[NS6] is the same run for the same seed, frame by frame and to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const [one, other] = [run({ seed, engine }), run({ seed, engine })]
        expect(other.strikes).toEqual(one.strikes)
        expect(other.transcript).toEqual(one.transcript)
        expect(one.transcript.length).toBeGreaterThan(300)
      }),
      { numRuns: 3 },
    )
  }, 60_000)

  it('[NS6] is another one for another seed', () => {
    const all = [1, 2, 2 ** 31, 2 ** 32 + 1].map((seed) => JSON.stringify(run({ seed }).strikes))
    expect(new Set(all).size).toBe(all.length)
  })

  it('[NS6] has chance of its own for each kind of fault', () => {
    const cuts = ({ strikes }: Outcome): readonly Strike[] => strikes.filter(({ what }) => what === 'cut')
    const alone = cuts(run({ everyMs: { cut: 3_000 } }))
    expect(alone.length).toBeGreaterThan(5)
    expect(cuts(run({ everyMs: { cut: 3_000, slow: 2_000, partition: 5_000 }, engine }))).toEqual(alone)
  })

  it('[NS7] lists what it did, to whom, when and for how long', () => {
    const everyMs = { freeze: 4_000, halfOpen: 4_000, partition: 4_000, outage: 9_000 }
    const storms = [1, 2, 3].map((seed) => run({ seed, engine, everyMs }).strikes)
    const strikes = storms.flat()
    const kinds = new Set(strikes.map(({ what }) => what))
    expect([...kinds].sort()).toEqual([
      ...['engine broken', 'engine failed', 'engine lost'],
      ...['freeze', 'halfOpen', 'outage', 'partition'],
    ])
    for (const { at, what, hosts, forMs, direction } of strikes) {
      expect(at).toBeGreaterThan(1_000)
      expect(at).toBeLessThanOrEqual(31_000)
      expect(Number.isInteger(at) || what.startsWith('engine')).toBe(true)
      expect(direction === undefined).toBe(what !== 'halfOpen')
      expect(hosts.every((name) => names.some((known) => known === name))).toBe(true)
      const isSpell = what === 'freeze' || what === 'halfOpen' || what === 'partition'
      expect(isSpell ? forMs >= 1_000 && forMs <= 10_000 : forMs === 0).toBe(true)
    }
    for (const storm of storms)
      expect(storm.map(({ at }) => at)).toEqual(storm.map(({ at }) => at).sort((a, b) => a - b))
  })

  const everything: readonly StormFault[] = ['freeze', 'halfOpen', 'refuse', 'hang', 'slow', 'throttle', 'partition']
  it.each(everything)('[NS7] ends what it began when it is stopped: %s', (what) => {
    const there = world()
    const client = there.client({ host: 'ana' })
    there.time.advanceBy(10)
    const { strikes, stop } = there.storm({ everyMs: { [what]: 100 }, longestMs: 1e9, hosts: ['ana'] })
    there.time.advanceBy(5_000)
    expect(strikes.length).toBeGreaterThan(10)
    stop()
    there.time.advanceBy(20)
    const before = there.time.now()
    const joined = see(client.room('numbers', Numbers).join())
    there.time.advanceBy(10)
    expect(there.time.now() - before).toBe(10)
    expect(right(joined.only())).toBeDefined()
    const { length } = strikes
    there.time.advanceBy(60_000)
    expect(strikes).toHaveLength(length)
    expect(there.end()).toBe(0)
  })

  it('[NS7] strikes the hosts that it is told to, and no others', () => {
    const there = world()
    const [ana, ben] = ['ana', 'ben'].map((host) => see(there.client({ host }).room('numbers', Numbers).join()))
    there.time.advanceBy(10)
    expect([ana, ben].map((seen) => right(seen!.only()))).toHaveLength(2)
    const links = new Map<string, Set<number>>()
    there.network.frames$.subscribe(({ host, link }) => links.set(host, (links.get(host) ?? new Set()).add(link)))
    there.storm({ hosts: ['ana'], everyMs: { cut: 5_000, outage: 20_000, partition: 20_000 } })
    there.time.advanceBy(120_000)
    expect(links.get('ana')!.size).toBeGreaterThan(5)
    expect(links.get('ben')!.size).toBe(1)
    expect(there.end()).toBe(0)
  })

  it('[NS8] costs no message, no order and no receipt', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        isTrue(run({ seed, engine }, { seed }))
      }),
      { numRuns: 10 },
    )
  }, 60_000)

  it('[NS8] leaves a true gap where the log was cut meanwhile, and nothing else', () => {
    const gaps = [1, 2, 3, 4].map((seed) => {
      const outcome = run({ seed, engine, longestMs: 40_000 }, { seed, memory: { messages: 10 } })
      isTrue(outcome)
      return outcome.heard.flatMap(({ all }) => all).filter(E.isLeft).length
    })
    expect(gaps.some((count) => count > 0)).toBe(true)
  }, 60_000)
})
