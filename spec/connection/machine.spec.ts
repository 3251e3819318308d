import { Observable, Subject } from 'rxjs'
import type { Config, Input, ConnectionState as State } from '../../lib/connection/model.js'
import { deadlines } from '../../lib/core/deadlines.js'
import { run } from '../../lib/core/machine.js'
import type { Hint } from '../../lib/core/ports.js'
import { seeded } from '../../lib/testing/random.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { config, failure, machineWith } from '../support/connection.js'
import { desk } from '../support/desk.js'

const HOUR = 3_600_000

/** What becomes of a socket, by its number: what it says and after how many ms. */
type Fate = (generation: number) => readonly (readonly [afterMs: number, input: Input])[]

const opens = (generation: number, afterMs = 5): readonly [number, Input] => [afterMs, { _tag: 'Opened', generation }]
const greets = (generation: number, afterMs = 10): readonly [number, Input] => [
  afterMs,
  { _tag: 'Welcomed', generation },
]
const dies = (generation: number, afterMs: number): readonly [number, Input] => [
  afterMs,
  { _tag: 'Lost', generation, because: failure() },
]
const well: Fate = (generation) => [opens(generation), greets(generation)]

/** A connection in virtual time; chance is 1, tokens are granted at once. */
const rig = (
  fate: Fate = well,
  { chance = () => 1, settings = config }: { chance?: () => number; settings?: Config } = {},
) => {
  const time = virtualTime()
  const hints = new Subject<Hint>()
  const { box, turn, defects } = desk()
  const states: (readonly [ms: number, state: State])[] = []
  const sockets = { made: 0, open: 0, most: 0 }
  const socket = (generation: number): Observable<Input> =>
    new Observable((to) => {
      sockets.made++
      sockets.most = Math.max(sockets.most, ++sockets.open)
      for (const [afterMs, input] of fate(generation)) to.add(time.schedule(() => to.next(input), afterMs))
      return () => sockets.open--
    })
  const running = run(machineWith({ ...settings, hints$: hints }, { deadlines: deadlines(time), socket }), {
    mailbox: box,
    moment: () => ({ now: time.now(), chance: chance() }),
    entered: (state) => states.push([time.now(), state]),
    output: ({ _tag }) => {
      if (_tag === 'Ask') running.send({ _tag: 'TokenGranted' })
    },
    defect: (thrown) => defects.push(thrown),
  })
  const send = (input: Input): void => turn(() => running.send(input))
  const hint = (said: Hint): void => hints.next(said)
  /** The states that were entered since the last call, with the time of each. */
  const seen = (): string[] => states.splice(0).map(([ms, { _tag }]) => `${ms} ${_tag}`)
  const waits = (): number[] =>
    states.flatMap(([ms, state]) => (state._tag === 'Waiting' ? [Math.round(state.until - ms)] : []))
  return { time, send, hint, hints, seen, waits, states, sockets, running, defects }
}

describe('the connection in time', () => {
  it('[CN9] goes in by one path, and is settled after a while', () => {
    const { time, send, seen, running } = rig()
    send({ _tag: 'Connect' })
    time.advanceTo(HOUR)
    expect(seen()).toEqual(['0 Authorizing', '0 Connecting', '5 Handshaking', '10 Online'])
    expect(running.state()).toMatchObject({ attempt: 0, generation: 1 })
  })

  it('[CN9] [P4] a socket that never opens is abandoned at its deadline', () => {
    const { time, send, seen, sockets, states } = rig((generation) => (generation === 1 ? [] : well(generation)))
    send({ _tag: 'Connect' })
    time.advanceTo(9_999)
    expect(sockets.open).toBe(1)
    time.advanceTo(10_000)
    expect(sockets.open).toBe(0)
    expect(states.at(-1)?.[1]).toMatchObject({ _tag: 'Waiting', because: { code: 'connection/open-timeout' } })
    time.advanceTo(12_000)
    expect(seen().slice(2)).toEqual([
      '10000 Waiting',
      '11000 Authorizing',
      '11000 Connecting',
      '11005 Handshaking',
      '11010 Online',
    ])
  })

  it('[CN9] [P4] a server that never greets is abandoned at the deadline of the greeting', () => {
    const { time, send, sockets, states } = rig((generation) => [opens(generation, 3_000)])
    send({ _tag: 'Connect' })
    time.advanceTo(12_999)
    expect(sockets.open).toBe(1)
    time.advanceTo(13_000)
    expect(sockets.open).toBe(0)
    expect(states.at(-1)?.[1]).toMatchObject({ _tag: 'Waiting', because: { code: 'connection/handshake-timeout' } })
  })

  it('[CN4] [T8] [P10] a server that accepts and drops sees ever longer waits: welcome alone forgets nothing', () => {
    const { time, send, waits } = rig((generation) => [...well(generation), dies(generation, 4_000)])
    send({ _tag: 'Connect' })
    time.advanceTo(200_000)
    expect(waits().slice(0, 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  })

  it('[CN4] a link that was online for a while starts the backoff anew', () => {
    const { time, send, waits } = rig((generation) =>
      generation === 4 ? [...well(generation), dies(generation, 10 + 5_000 + 1)] : [dies(generation, 1)],
    )
    send({ _tag: 'Connect' })
    time.advanceTo(30_000)
    expect(waits().slice(0, 6)).toEqual([1_000, 2_000, 4_000, 1_000, 2_000, 4_000])
  })

  it('[CN4] [P10] the first connect is tried as often as the tenth: a server that is away for a day is found', () => {
    const { time, send, sockets, running } = rig(
      (generation) => (time.now() > 24 * HOUR ? well(generation) : [dies(generation, 1)]),
      { chance: seeded(3) },
    )
    send({ _tag: 'Connect' })
    time.advanceTo(24 * HOUR)
    expect(sockets.made).toBeGreaterThan(24 * 120)
    time.advanceBy(31_000)
    expect(running.state()._tag).toBe('Online')
  })

  it('[CN3] [T16] however sockets live and die, there is one at a time, and none is left behind', () => {
    const random = seeded(5)
    const { time, send, sockets, running, defects } = rig(
      (generation) => {
        const lives = [[], [opens(generation)], [dies(generation, 1)], well(generation)] as const
        return [...lives[Math.floor(random() * 4)]!, dies(generation, random() * 30_000)]
      },
      { chance: random },
    )
    for (let n = 0; n < 500; n++) {
      send({ _tag: random() < 0.7 ? 'Connect' : 'Disconnect' })
      time.advanceBy(random() * 20_000)
    }
    expect(sockets.made).toBeGreaterThan(100)
    expect(sockets.most).toBe(1)
    send({ _tag: 'Close' })
    expect([running.state()._tag, sockets.open, time.pending() > 0, defects]).toEqual(['Closed', 0, false, []])
  })

  it('[CN2] [P9] after disconnect() an hour of events makes no socket, and leaves no timer and no listener', () => {
    const random = seeded(9)
    const { time, send, hint, hints, sockets } = rig()
    send({ _tag: 'Connect' })
    time.advanceBy(100)
    send({ _tag: 'Disconnect' })
    const events: readonly Hint[] = ['online', 'offline', 'visible', 'hidden', 'frozen', 'resumed']
    for (let n = 0; n < 3_600; n++) {
      hint(events[Math.floor(random() * events.length)]!)
      send({ _tag: 'Need' })
      time.advanceBy(1_000)
    }
    expect([sockets.made, sockets.open, time.pending(), hints.observed]).toEqual([1, 0, 0, false])
    send({ _tag: 'Connect' })
    expect([sockets.made, hints.observed]).toEqual([2, true])
  })

  it('[CN2] [P9] what has stopped for good is revived by connect(), once', () => {
    const { time, send, sockets, running } = rig((generation) =>
      generation === 1 ? [[1, { _tag: 'Lost', generation, because: failure('terminal') }]] : well(generation),
    )
    send({ _tag: 'Connect' })
    time.advanceBy(HOUR)
    expect([running.state()._tag, sockets.made, time.pending()]).toEqual(['Stopped', 1, 0])
    send({ _tag: 'Connect' })
    send({ _tag: 'Connect' })
    time.advanceBy(HOUR)
    expect([running.state()._tag, sockets.made]).toEqual(['Online', 2])
  })

  it('[CN6] [P28] noise of online and offline on a healthy link reconnects nothing', () => {
    const { time, send, hint, sockets } = rig()
    send({ _tag: 'Connect' })
    for (let n = 0; n < 1_000; n++) {
      time.advanceBy(100)
      hint(n % 2 === 0 ? 'offline' : 'online')
    }
    expect(sockets.made).toBe(1)
  })

  it('[CN6] [P28] a hint brings the next try forward, once, and not to at once', () => {
    const { time, send, hint, seen } = rig(
      (generation) => (generation < 5 ? [dies(generation, 1)] : well(generation)),
      {
        chance: () => 0.5,
      },
    )
    send({ _tag: 'Connect' })
    time.advanceTo(5_000)
    seen()
    // Three failures are behind it: the next try is due after 4.1 s of 8.
    time.advanceTo(5_100)
    hint('offline')
    hint('online')
    hint('online')
    time.advanceTo(5_699)
    expect(seen()).toEqual(['5100 Waiting'])
    time.advanceTo(5_720)
    expect(seen()).toContain('5700 Connecting')
  })

  it('[CN5] a page that thaws keeps to the time that the server asked for', () => {
    const busy = failure('retry', { retryAfterMs: 60_000 })
    const { time, send, hint, seen } = rig((generation) =>
      generation === 1 ? [[1, { _tag: 'Lost', generation, because: busy }]] : well(generation),
    )
    send({ _tag: 'Connect' })
    time.advanceTo(10_000)
    hint('visible')
    hint('frozen')
    time.advanceTo(20_000)
    hint('resumed')
    expect(seen().slice(2)).toEqual(['1 Waiting', '10000 Suspended', '20000 Waiting'])
    time.advanceTo(60_000)
    expect(seen()).toEqual([])
    time.advanceTo(61_000)
    expect(seen()).toContain('60001 Connecting')
  })

  it('[CN4] a freeze forgets no failures', () => {
    const { time, send, hint, running } = rig((generation) => [dies(generation, 1)])
    send({ _tag: 'Connect' })
    time.advanceTo(4_000)
    expect(running.state()).toMatchObject({ _tag: 'Waiting', attempt: 2 })
    hint('frozen')
    hint('resumed')
    expect(running.state()).toMatchObject({ _tag: 'Connecting', attempt: 2 })
  })

  it('[CN6] a page that is frozen lets its socket go, and comes back when it thaws', () => {
    const { time, send, hint, seen, sockets } = rig()
    send({ _tag: 'Connect' })
    time.advanceTo(10_000)
    hint('frozen')
    expect([sockets.open, time.pending()]).toEqual([0, 0])
    time.advanceTo(HOUR)
    hint('resumed')
    time.advanceBy(10)
    expect(seen().slice(-5)).toEqual([
      '10000 Suspended',
      '3600000 Authorizing',
      '3600000 Connecting',
      '3600005 Handshaking',
      '3600010 Online',
    ])
  })
})
