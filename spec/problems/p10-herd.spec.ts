import { backoff, defaultBackoff } from '../../lib/core/backoff.js'
import { seeded } from '../../lib/testing/random.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { stage, welcome } from '../support/stage.js'

/** The most of these moments that fall into one window of 100 ms. */
const peak = (moments: readonly number[]): number => {
  const windows = new Map<number, number>()
  for (const at of moments) windows.set(Math.floor(at / 100), (windows.get(Math.floor(at / 100)) ?? 0) + 1)
  return Math.max(...windows.values())
}

describe('reconnecting', () => {
  it('[P10] hundreds of clients whose server was away for a minute come back no denser than full jitter allows, all of them', () => {
    const { client, network, time, end } = world()
    const attempts: number[] = []
    const clients = Array.from({ length: 300 }, () => {
      const ana = client({
        transport: (request) => {
          attempts.push(time.now())
          return network.transport(request)
        },
      })
      see(ana.room('lobby', Chat).on('message'))
      return see(ana.state$)
    })
    time.advanceBy(10_000)
    attempts.length = 0
    network.refuse(true)
    network.cut()
    const outage = time.now()
    time.advanceBy(60_000)
    network.refuse(false)
    time.advanceBy(60_000)
    expect(clients.filter((state) => state.last()._tag === 'Online')).toHaveLength(300)

    const draw = seeded(10)
    const ideal: number[] = []
    for (let each = 0; each < 300; each++) {
      let at = 0
      for (let attempt = 0; at < 60_000; attempt++) ideal.push((at += backoff(defaultBackoff, attempt, draw())))
    }
    const took = attempts.map((at) => at - outage)
    expect(peak(took)).toBeLessThanOrEqual(1.5 * peak(ideal))
    expect(Math.min(...took)).toBeGreaterThanOrEqual(200)
    expect(end()).toBe(0)
  })

  it('[P10] a server that accepts and drops sees growing waits: only a link that has settled starts the backoff anew', () => {
    let lifeMs = 10
    const { client, time, actors } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      to.say(welcome())
      time.schedule(() => to.close(1011), lifeMs)
    })
    const ana = client({ random: () => 0.999, settleMs: 5_000 })
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(300_000)
    const waits = state.all.flatMap((now) => (now._tag === 'Waiting' ? [now.attempt] : []))
    expect(waits.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(actors.length).toBeLessThan(16)
    lifeMs = 6_000
    time.advanceBy(300_000)
    const last = state.all.flatMap((now) => (now._tag === 'Waiting' ? [now.attempt] : []))
    expect(last.at(-1)).toBe(0)
    ana.close()
  })

  it('[P10] the first connect is tried again like the tenth, without end', () => {
    const { client, network, time, end } = world()
    network.refuse(true)
    const ana = client()
    const state = see(ana.state$)
    ana.connect()
    time.advanceBy(24 * 3_600_000)
    const waits = state.all.flatMap((now) => (now._tag === 'Waiting' ? [now] : []))
    expect(waits.length).toBeGreaterThan(4_000)
    expect(waits.every(({ because }) => because.kind === 'retry')).toBe(true)
    network.refuse(false)
    time.advanceBy(40_000)
    expect(state.last()._tag).toBe('Online')
    expect(end()).toBe(0)
  })

  it("[P10] the server's retryAfterMs and spreadMs win over the backoff", () => {
    const { client, time, actors } = stage((frame, to) => {
      if (!('t' in frame) || frame.t !== 'hello') return
      if (to.number > 1) to.say(welcome())
      else
        to.say({
          t: 'refused',
          code: 'server/busy',
          message: '',
          kind: 'retry',
          retryAfterMs: 60_000,
          spreadMs: 60_000,
        })
    })
    const ana = client({ random: () => 0.5 })
    ana.connect()
    time.advanceBy(90_002)
    expect(actors).toHaveLength(1)
    time.advanceBy(10)
    expect(actors).toHaveLength(2)
    ana.close()
  })
})
