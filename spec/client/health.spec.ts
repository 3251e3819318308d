import { health, healthOf, type Health } from '../../lib/features/observe/index.js'
import { measured, type RoundTrip } from '../../lib/features/observe/round-trip.js'
import type { ServerFrame } from '../../lib/protocol/frame.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { see } from '../support/seen.js'
import { admits, greets, msg, type Script, stage, welcome } from '../support/stage.js'

const states = (all: readonly Health[]): readonly string[] =>
  all.map(({ state }) => state).filter((state, at, every) => state !== every[at - 1])

/** Welcomes, and answers the pings that `answer` lets through with the frames that it gives. */
const answers =
  (answer: (n: number) => readonly ServerFrame[]): Script =>
  (frame, actor) => {
    if (!('t' in frame)) return
    if (frame.t === 'hello') actor.say(welcome())
    if (frame.t === 'ping') {
      const said = answer(frame.n)
      if (said.length > 0) actor.say(...said)
    }
  }
const pong = (n: number): ServerFrame => ({ t: 'pong', n })
const never = answers(() => [])

/** A client that is online, on a network with this latency in each direction. */
const online = (script: Script = greets, latencyMs = 20) => {
  const at: number[] = []
  const { client, network, time, timers, actor, actors } = stage((frame, on) => {
    if ('t' in frame && frame.t === 'ping') at.push(time.now())
    script(frame, on)
  })
  network.latency(latencyMs, latencyMs)
  const ana = client()
  ana.connect()
  time.advanceBy(1_000)
  return { ana, network, time, timers, actor, actors, pingedAt: at }
}

describe('health$', () => {
  it('[HE1] is told at once and after each measurement, and without a subscriber there is no ping and no timer', () => {
    const { ana, time, timers, pingedAt, network } = online()
    const { health$ } = ana.with(health)
    const before = timers()
    time.advanceBy(60_000)
    const quiet = pingedAt.length
    const seen = see(health$)
    expect(seen.all).toMatchObject([{ state: 'good', roundTrip: undefined }])
    time.advanceBy(100)
    expect(seen.all).toMatchObject([{}, { state: 'good', roundTrip: { lastMs: 40 }, silentMs: 0 }])
    time.advanceBy(10_000)
    expect(seen.all).toHaveLength(3)
    seen.stop()
    expect(timers()).toBe(before)
    const pinged = pingedAt.length
    expect([quiet, pinged]).toEqual([2, 4])
    network.latency(1, 1)
    ana.disconnect()
    ana.close()
    time.advanceBy(60_000)
    expect([pingedAt.length, timers()]).toEqual([pinged, 0])
  })

  it('[HE2] pings at once, then each 10 s, or in the shortest interval of all subscribers', () => {
    const { ana, time, pingedAt } = online()
    pingedAt.length = 0
    const slow = see(ana.with(health).health$)
    time.advanceBy(20_100)
    expect(pingedAt).toEqual([1_020, 11_020, 21_020])
    pingedAt.length = 0
    const fast = see(ana.with(healthOf({ intervalMs: 2_000 })).health$)
    time.advanceBy(4_100)
    expect(pingedAt).toEqual([21_120, 23_120, 25_120])
    fast.stop()
    pingedAt.length = 0
    time.advanceBy(22_000)
    expect(pingedAt).toEqual([27_120, 37_120, 47_120])
    expect(slow.all.length).toBeGreaterThan(5)
    ana.close()
  })

  it('[HE3] gives the last, the smoothed and the shortest round trip, and the jitter of RFC 3550', () => {
    const { ana, time, network } = online()
    const seen = see(ana.with(healthOf({ intervalMs: 1_000 })).health$)
    time.advanceBy(500)
    network.latency(20, 60)
    time.advanceBy(1_000)
    network.latency(20, 10)
    time.advanceBy(1_000)
    expect(seen.all.map(({ roundTrip }) => roundTrip)).toEqual([
      undefined,
      { lastMs: 40, smoothedMs: 40, minMs: 40, jitterMs: 0 },
      { lastMs: 80, smoothedMs: 45, minMs: 40, jitterMs: 2.5 },
      { lastMs: 30, smoothedMs: 43.125, minMs: 30, jitterMs: 2.5 + (50 - 2.5) / 16 },
    ])
    ana.close()
  })

  it('[HE3] the figures follow any sequence of round trips', () => {
    const figures = [100, 140, 80, 80].reduce<RoundTrip | undefined>(measured, undefined)
    const jitter = [40, 60, 0].reduce((j, d) => j + (d - j) / 16, 0)
    expect(figures).toMatchObject({ lastMs: 80, minMs: 80, jitterMs: jitter })
  })

  it('[HE4] a connection is degraded before it is judged dead', () => {
    const { ana, time, network } = online()
    const said: string[] = []
    ana.with(health).health$.subscribe(({ state }) => said.push(`${state} ${time.now()}`))
    time.advanceBy(100)
    network.freeze()
    time.advanceBy(60_000)
    expect(said[2]).toBe('degraded 13000')
    expect(said[3]).toMatch(/^connecting 36/)
    ana.close()
  })

  it('[HE4] pings change no decision about the connection: a dead one is lost as late as without them', () => {
    const lostAt = (watched: boolean): number => {
      const { ana, time, network, actor } = online(admits)
      if (watched) see(ana.with(health).health$)
      time.advanceBy(100)
      actor().say(pong(0))
      time.advanceBy(100)
      network.freeze()
      let at = 0
      ana.state$.subscribe(({ _tag }) => {
        if (_tag === 'Waiting' && at === 0) at = time.now()
      })
      time.advanceBy(60_000)
      ana.close()
      return at
    }
    const without = lostAt(false)
    expect(without).toBeGreaterThan(30_000)
    expect(lostAt(true)).toBe(without)
  })

  it('[HE5] any frame ends the doubt, and a late pong is still measured', () => {
    const { ana, time, network, actor } = online(admits)
    const seen = see(ana.with(health).health$)
    time.advanceBy(100)
    network.freeze('up')
    time.advanceBy(15_000)
    expect(states(seen.all)).toEqual(['good', 'degraded'])
    actor().say(pong(0))
    time.advanceBy(100)
    expect(seen.last()).toMatchObject({ state: 'good', silentMs: 0, roundTrip: { lastMs: 40 } })
    ana.close()
  })

  it('[HE5] a pong that ends the doubt is measured, and gives the next one more time', () => {
    const { ana, time, network } = online()
    const seen = see(ana.with(health).health$)
    time.advanceBy(8_000)
    network.freeze('up')
    time.advanceBy(4_980)
    expect(states(seen.all)).toEqual(['good', 'degraded'])
    network.thaw()
    time.advanceBy(100)
    const { state, roundTrip } = seen.last()
    expect([state, roundTrip]).toMatchObject(['good', { minMs: 40, lastMs: 3_020 }])
    ana.close()
  })

  it('[HE5] a slow connection has three round trips of time, a server with a short grace period less than that', () => {
    const slow = online(greets, 750)
    slow.time.advanceBy(5_000)
    const patient = see(slow.ana.with(health).health$)
    slow.time.advanceBy(5_000)
    slow.network.latency(1_500, 1_500)
    slow.time.advanceBy(30_000)
    expect(states(patient.all)).toEqual(['good', 'slow'])
    slow.ana.close()
    const strict = online((frame, actor) => {
      if ('t' in frame && frame.t === 'hello') actor.say(welcome({ heartbeat: { intervalMs: 60_000, graceMs: 1_000 } }))
      else greets(frame, actor)
    })
    const seen = see(strict.ana.with(health).health$)
    strict.time.advanceBy(9_000)
    strict.network.freeze()
    strict.time.advanceBy(1_480)
    expect(states(seen.all)).toEqual(['good'])
    strict.time.advanceBy(1_040)
    expect(states(seen.all)).toEqual(['good', 'degraded'])
    strict.ana.close()
  })

  it('[HE5] a pong that never comes says nothing while other frames arrive', () => {
    let pongs = 0
    const { ana, time, actor } = online(answers((n) => (pongs++ === 0 ? [pong(n)] : [])))
    const seen = see(ana.with(health).health$)
    for (let ms = 0; ms < 60_000; ms += 1_000) {
      time.advanceBy(1_000)
      actor().say({ t: 'ping', n: ms })
    }
    expect(states(seen.all)).toEqual(['good'])
    expect(seen.all.filter(({ roundTrip }) => roundTrip)).toHaveLength(1)
    ana.close()
  })

  it('[HE6] a machine that slept is no bad health, and its sleep no round trip', () => {
    const { ana, time } = online()
    const seen = see(ana.with(health).health$)
    time.advanceBy(9_990)
    for (const ms of [30_000, 12, 3_600_000, 1, 100_000]) {
      time.sleepFor(ms)
      time.advanceBy(15_005)
    }
    // Falls asleep with a ping under way.
    const last = seen.all.length
    while (seen.all.length === last) time.advanceBy(1)
    time.advanceBy(9_970)
    time.sleepFor(600_000)
    time.advanceBy(3_000)
    expect(states(seen.all)).toEqual(['good'])
    expect(Math.max(...seen.all.map(({ roundTrip }) => roundTrip?.lastMs ?? 0))).toBeLessThan(1_100)
    ana.close()
  })

  it('[HE6] a connection that died meanwhile is degraded after a second ping', () => {
    const { ana, time, network } = online()
    const seen = see(ana.with(health).health$)
    time.advanceBy(9_990)
    network.freeze()
    time.advanceBy(20)
    time.sleepFor(60_000)
    time.advanceBy(1_000)
    expect(states(seen.all)).toEqual(['good'])
    time.advanceBy(2_000)
    expect(states(seen.all)).toEqual(['good', 'degraded'])
    ana.close()
  })

  it('[HE7] timers that fire once a minute only delay the pings', () => {
    const { ana, time } = online()
    const seen = see(ana.with(health).health$)
    time.advanceBy(100)
    for (let minute = 0; minute < 10; minute++) {
      time.sleepFor(60_000)
      time.advanceBy(100)
    }
    expect(states(seen.all)).toEqual(['good'])
    expect(seen.last().roundTrip).toEqual({ lastMs: 40, smoothedMs: 40, minMs: 40, jitterMs: 0 })
    ana.close()
  })

  it('[HE8] a server without pongs is good until the client itself finds it silent for too long', () => {
    const { ana, time, actor } = online(never)
    const seen = see(ana.with(health).health$)
    for (let ms = 0; ms < 100_000; ms += 20_000) {
      actor().say({ t: 'ping', n: ms })
      time.advanceBy(20_000)
    }
    expect(states(seen.all)).toEqual(['good'])
    expect(seen.last().roundTrip).toBeUndefined()
    time.advanceBy(12_000)
    expect(states(seen.all)).toEqual(['good', 'degraded'])
    ana.close()
  })

  it('[HE9] pongs out of order, twice, of other pings and of no ping measure nothing', () => {
    const { ana, time } = online(answers((n) => [pong(n - 1), pong(n), pong(n), pong(n - 1)]))
    const seen = see(ana.with(health).health$)
    time.advanceBy(100)
    expect(seen.all.map(({ roundTrip }) => roundTrip?.lastMs)).toEqual([undefined, 40])
    ana.close()
    const forged = online(answers((n) => [pong(n + 1_000_000)]))
    const unmeasured = see(forged.ana.with(health).health$)
    forged.time.advanceBy(25_000)
    expect([states(unmeasured.all), unmeasured.last().roundTrip]).toEqual([['good'], undefined])
    forged.ana.close()
  })

  it('[HE9] the probe of another part in the same turn takes the place of a ping: its pong is a sign of life', () => {
    const { ana, time, network } = online()
    const seen = see(ana.with(health).health$)
    time.advanceBy(100)
    network.freeze('down')
    time.advanceBy(12_500)
    network.thaw()
    time.advanceBy(30_000)
    expect(states(seen.all)).toEqual(['good', 'degraded', 'good'])
    ana.close()
  })

  it('[HE10] follows the connection over losses; the figures begin anew with each, and stay while offline', () => {
    const { ana, time, network } = online()
    const seen = see(ana.with(health).health$)
    time.advanceBy(11_000)
    network.refuse(true)
    network.cut()
    time.advanceBy(100)
    expect(seen.last()).toMatchObject({ state: 'connecting', roundTrip: { lastMs: 40 }, heardAt: 11_040 })
    network.refuse(false)
    network.latency(5, 5)
    time.advanceBy(60_000)
    expect(seen.last()).toMatchObject({ state: 'good', roundTrip: { lastMs: 10, minMs: 10, jitterMs: 0 } })
    ana.disconnect()
    time.advanceBy(100)
    expect(seen.last()).toMatchObject({ state: 'offline' })
    expect(states(seen.all)).toEqual(['good', 'connecting', 'good', 'offline'])
    ana.close()
    time.advanceBy(100)
    expect(seen.isComplete()).toBe(true)
  })

  it('[HE10] is offline before the first need', () => {
    const { client, time } = stage()
    const ana = client()
    const seen = see(ana.with(health).health$)
    time.advanceBy(10_000)
    expect(seen.all).toMatchObject([{ state: 'offline', heardAt: undefined, silentMs: undefined }])
    ana.close()
    const after = see(ana.with(health).health$)
    expect([after.all.length, after.last().state, after.isComplete()]).toEqual([1, 'offline', true])
  })

  it('[HE11] round trips of a second are slow, and good again only well below', () => {
    const { ana, time, network } = online()
    const seen = see(ana.with(healthOf({ intervalMs: 1_000 })).health$)
    time.advanceBy(500)
    const over = (ms: number) => {
      network.latency(ms / 2, ms / 2)
      time.advanceBy(40_000)
      return seen.last().state
    }
    expect([over(900), over(1_100), over(900), over(700)]).toEqual(['good', 'slow', 'slow', 'good'])
    ana.close()
  })

  it('[HE12] tells the bytes of messages without a receipt, and those that the socket holds', () => {
    const { client, time, network, end } = world()
    const ana = client()
    const seen = see(ana.with(healthOf({ intervalMs: 1_000 })).health$)
    const room = ana.room('lobby', Chat)
    room.join()
    time.advanceBy(5_000)
    network.bandwidth(1_000, 1_000_000)
    room.post('message', { text: 'x'.repeat(10_000) })
    time.advanceBy(4_000)
    const { outbox, socket } = seen.last().waitingBytes
    expect([outbox >= 10_000, socket > 0]).toEqual([true, true])
    time.advanceBy(60_000)
    expect(seen.last().waitingBytes).toEqual({ outbox: 0, socket: 0 })
    expect(end()).toBe(0)
  })

  it('[HE13] an invalid interval is a fault, and the default applies', () => {
    for (const intervalMs of [0, 99, NaN, Infinity, '10']) {
      const { ana, time, pingedAt } = online()
      pingedAt.length = 0
      const faults = see(ana.faults$)
      see(ana.with(healthOf({ intervalMs } as never)).health$)
      time.advanceBy(10_100)
      expect(faults.all).toMatchObject([{ _tag: 'Misuse', message: expect.stringContaining('intervalMs') as string }])
      expect(pingedAt).toHaveLength(2)
      ana.close()
    }
    const { ana, time } = online()
    const faults = see(ana.faults$)
    see(ana.with(healthOf(null)).health$)
    time.advanceBy(1_000)
    expect(faults.all).toEqual([])
    ana.close()
  })

  it('[HE14] frames in the same turn as a pong count as heard, at the time of the value', () => {
    const { ana, time, actor } = online(admits)
    const seen = see(ana.with(health).health$)
    see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    const [{ ch } = { ch: 0 }] = actor().joins()
    time.advanceBy(8_000)
    actor().say(msg(ch, 1, { text: 'x' }))
    time.advanceBy(3_000)
    const { silentMs, heardAt } = seen.last()
    expect([silentMs, heardAt]).toEqual([0, 11_040])
    ana.close()
  })
})
