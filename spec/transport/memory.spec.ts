import fc from 'fast-check'
import type { Data } from '../../lib/core/ports.js'
import { type MemoryNetwork, type MemoryOptions, memory, type ObservedFrame } from '../../lib/transport/memory.js'
import { seeded } from '../../lib/testing/random.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { transportSuite } from '../../lib/testing/conformance/transport.js'
import { memoryRig } from './memory-rig.js'
import { type Accepted, type Heard, listen, notebook } from './rig.js'

describe('the transport in memory', () => {
  for (const { name, run } of transportSuite(memoryRig({}))) it(name, run)
})

describe('the transport in memory, over a slow line', () => {
  const slow = memoryRig({ latencyMs: 40, bytesPerSecond: 20_000 })
  for (const { name, run } of transportSuite(slow)) it(name, run)
})

describe('the transport in memory, with jitter', () => {
  const random = seeded(3)
  for (const { name, run } of transportSuite(memoryRig({ latencyMs: () => random() * 200 }))) it(name, run)
})

interface World {
  readonly time: VirtualTime
  readonly network: MemoryNetwork
  readonly accepted: readonly Accepted[]
  readonly attempt: () => Heard
  /** What happened, with its time. */
  readonly log: string[]
}

const world = (options: Partial<MemoryOptions> = {}): World => {
  const time = virtualTime()
  const log: string[] = []
  const server = notebook()
  const note = (text: string): void => {
    log.push(`${time.now()} ${text}`)
  }
  const network = memory({
    scheduler: time,
    ...options,
    accept: (socket) => {
      note('accepted')
      const peer = server.accept(socket)
      return {
        receive: (data) => {
          note(`server ${String(data)}`)
          peer.receive(data)
        },
        drained: () => {
          note(`drained to ${socket.buffered()}`)
          peer.drained()
        },
        closed: () => {
          note('server closed')
          peer.closed()
        },
      }
    },
  })
  const attempt = (): Heard =>
    listen(network.transport, { url: 'memory://spec', protocols: [], maxMessageBytes: 1_000 }, (event) => {
      if (typeof event === 'string' || event instanceof Uint8Array) note(`client ${String(event)}`)
      else note(event._tag === 'Opened' ? 'opened' : `closed ${event.code} ${event.reason}`)
    })
  return { time, network, accepted: server.accepted, attempt, log }
}

describe('the network in memory', () => {
  it('[TR20] takes a round trip to open, and one way for each message', () => {
    const { time, attempt, accepted, log } = world({ latencyMs: 30 })
    const heard = attempt()
    time.advanceTo(100)
    heard.socket!.send('up')
    accepted[0]!.socket.send('down')
    time.advanceTo(200)
    heard.socket!.close(1000, 'done')
    time.run()
    expect(log).toEqual([
      '30 accepted',
      '60 opened',
      '130 server up',
      '130 client down',
      '230 server closed',
      '260 closed 1000 done',
    ])
  })

  it('[TR20] has a latency for each direction, which may change', () => {
    const { time, network, attempt, accepted, log } = world()
    const heard = attempt()
    time.run()
    network.latency(10, 50)
    heard.socket!.send('up')
    accepted[0]!.socket.send('down')
    network.latency(5)
    heard.socket!.send('behind')
    time.run()
    expect(log.slice(2)).toEqual(['10 server up', '10 server behind', '50 client down'])
  })

  it('[TR21] never lets a message overtake another of its direction', () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.nat(50), { minLength: 1, maxLength: 40 }), (seed, pauses) => {
        const random = seeded(seed)
        const { time, attempt, accepted } = world({ latencyMs: () => random() * 100, bytesPerSecond: 500 })
        const heard = attempt()
        time.run()
        pauses.forEach((ms, index) => {
          heard.socket!.send(`${index}`)
          accepted[0]!.socket.send(`${index}`)
          time.advanceBy(ms)
        })
        time.run()
        const sent = pauses.map((_, index) => `${index}`)
        expect(heard.data).toEqual(sent)
        expect(accepted[0]!.received).toEqual(sent)
      }),
    )
  })

  it('[TR22] carries so many bytes a second, and tells what is buffered and when there is room', () => {
    const { time, attempt, accepted, log } = world({ latencyMs: 10, bytesPerSecond: 1_000 })
    const heard = attempt()
    time.run()
    const { socket } = accepted[0]!
    const start = time.now()
    for (const size of [100, 50]) socket.send('x'.repeat(size))
    heard.socket!.send('y'.repeat(20))
    expect([socket.buffered(), heard.socket!.buffered()]).toEqual([150, 20])
    time.advanceTo(start + 99)
    expect([socket.buffered(), heard.socket!.buffered()]).toEqual([150, 0])
    time.run()
    expect(log.slice(2).map((line) => line.replace(/x+|y+/, ({ length }) => String(length)))).toEqual([
      `${start + 30} server 20`,
      `${start + 100} drained to 50`,
      `${start + 110} client 100`,
      `${start + 150} drained to 0`,
      `${start + 160} client 50`,
    ])
  })

  it('[TR22] tells a server of no room once it has ended', () => {
    const { time, attempt, accepted, log } = world({ bytesPerSecond: 100 })
    attempt()
    time.run()
    accepted[0]!.socket.send('x'.repeat(100))
    accepted[0]!.socket.terminate()
    time.run()
    expect(log.slice(2).map((line) => line.replace(/x+/, 'x'))).toEqual([
      '0 server closed',
      '1000 client x',
      '1000 closed 1006 ',
    ])
  })

  it('[TR23] frozen, nothing arrives and nobody is told; thawed, all of it arrives in order', () => {
    const { time, network, attempt, accepted, log } = world({ latencyMs: 10 })
    const heard = attempt()
    time.advanceTo(100)
    heard.socket!.send('under way')
    time.advanceTo(105)
    network.freeze()
    expect(heard.socket!.send('frozen')).toBe(true)
    accepted[0]!.socket.send('frozen too')
    attempt()
    time.advanceTo(10_000)
    expect(log).toHaveLength(2)
    expect([heard.socket!.buffered(), accepted[0]!.socket.buffered()]).toEqual([6, 10])
    network.thaw()
    heard.socket!.send('after')
    time.run()
    expect(log.slice(2)).toEqual([
      '10000 server under way',
      '10000 drained to 0',
      '10010 client frozen too',
      '10010 accepted',
      '10010 server frozen',
      '10010 server after',
      '10020 opened',
    ])
    expect(heard.socket!.buffered()).toBe(0)
  })

  it('[TR24] cut, both sides hear it at once and what is under way is lost', () => {
    for (const [frozen, latencyMs] of [
      [false, 10],
      [true, 10],
      [false, 0],
    ] as const) {
      const { time, network, attempt, accepted, log } = world({ latencyMs })
      const heard = attempt()
      time.advanceTo(100)
      if (frozen) network.freeze()
      heard.socket!.send('lost')
      accepted[0]!.socket.send('lost too')
      network.cut(1001, 'away')
      expect(log).toHaveLength(2)
      time.advanceTo(200)
      expect(log.slice(2)).toEqual(['100 server closed', '100 closed 1001 away'])
      network.thaw()
      network.cut()
      time.run()
      expect(log).toHaveLength(4)
      expect([network.links(), time.pending()]).toEqual([0, 0])
    }
  })

  it('[TR24] cut, what is connecting is refused', () => {
    const { time, network, attempt, log } = world({ latencyMs: 10 })
    attempt()
    network.cut()
    time.run()
    expect(log).toEqual(['0 closed 1006 '])
  })

  it('[TR25] refuses, or never answers, as long as it is told to', () => {
    const { time, network, attempt, log } = world({ latencyMs: 10 })
    network.refuse(true)
    attempt()
    time.run()
    network.refuse(false)
    network.hang(true)
    const hanging = attempt()
    time.run()
    network.hang(false)
    attempt()
    time.run()
    expect(log).toEqual(['20 closed 1006 ', '40 accepted', '50 opened'])
    expect(network.links()).toBe(2)
    hanging.abandon()
    expect(network.links()).toBe(1)
  })

  it('[TR25] as a black hole it loses what would arrive, and goes on afterwards', () => {
    const { time, network, attempt, accepted, log } = world({ latencyMs: 10 })
    const heard = attempt()
    time.advanceTo(100)
    network.blackhole(true)
    heard.socket!.send('lost')
    accepted[0]!.socket.send('lost too')
    attempt()
    time.advanceTo(200)
    network.blackhole(false)
    heard.socket!.send('found')
    time.run()
    expect(log.slice(2)).toEqual(['210 server found'])
  })

  it('[TR26] has no links and no timers left when everybody has gone', () => {
    const { time, network, attempt } = world({ latencyMs: 10, bytesPerSecond: 100 })
    const attempts = Array.from({ length: 20 }, () => attempt())
    attempts.slice(0, 5).forEach(({ abandon }) => abandon())
    time.advanceTo(15)
    attempts.slice(5, 10).forEach(({ abandon }) => abandon())
    time.advanceTo(50)
    attempts.slice(10).forEach(({ socket }) => socket!.send('x'.repeat(1_000)))
    attempts.slice(10, 15).forEach(({ abandon }) => abandon())
    network.freeze()
    attempts.slice(15).forEach(({ abandon }) => abandon())
    network.thaw()
    time.run()
    expect([network.links(), time.pending()]).toEqual([0, 0])
  })

  it('[TR27] shows every message as it is sent', () => {
    const { time, network, attempt, accepted } = world({ latencyMs: 10 })
    const seen: ObservedFrame[] = []
    network.frames$.subscribe((sighting) => seen.push(sighting))
    const heard = attempt()
    const other = attempt()
    time.advanceTo(100)
    heard.socket!.send('up')
    time.advanceTo(105)
    accepted[1]!.socket.send(new Uint8Array([1]))
    other.abandon()
    expect(seen).toEqual([
      { at: 100, link: 1, host: '', direction: 'up', data: 'up' },
      { at: 105, link: 2, host: '', direction: 'down', data: new Uint8Array([1]) },
    ])
  })

  type Act = readonly [what: 'attempt' | 'abandon' | 'close' | 'send' | 'answer' | 'kick' | 'terminate' | 'cut' | 'freeze' | 'thaw', who: number, after: number] // prettier-ignore
  const acts = fc.array(
    fc.tuple(
      fc.constantFrom('attempt', 'attempt', 'send', 'send', 'answer', 'answer', 'abandon', 'close', 'kick', 'terminate', 'cut', 'freeze', 'thaw'),
      fc.nat(5),
      fc.nat(40),
    ),
    { maxLength: 60 },
  ) // prettier-ignore

  const play = (
    seed: number,
    script: readonly Act[],
  ): { log: readonly string[]; heard: readonly Heard[]; world: World } => {
    const random = seeded(seed)
    const w = world({ latencyMs: () => random() * 30, bytesPerSecond: 2_000 })
    const heard: Heard[] = []
    let count = 0
    for (const [what, who, after] of script) {
      const client = heard[who % Math.max(1, heard.length)]
      const server = w.accepted[who % Math.max(1, w.accepted.length)]
      const text: Data = `${++count}`
      if (what === 'attempt') heard.push(w.attempt())
      if (what === 'abandon') client?.abandon()
      if (what === 'close') client?.socket?.close(1000, '')
      if (what === 'send') client?.socket?.send(text)
      if (what === 'answer') server?.socket.send(text)
      if (what === 'kick') server?.socket.close(4000, '')
      if (what === 'terminate') server?.socket.terminate()
      if (what === 'cut') w.network.cut()
      if (what === 'freeze') w.network.freeze()
      if (what === 'thaw') w.network.thaw()
      w.time.advanceBy(after)
    }
    w.network.thaw()
    w.time.run()
    for (const { abandon } of heard) abandon()
    w.time.run()
    return { log: w.log, heard, world: w }
  }

  it('[TR28] whatever happens: messages in order, one end on each side, nothing left; and the same again', () => {
    fc.assert(
      fc.property(fc.integer(), acts, (seed, script) => {
        const first = play(seed, script)
        const ascending = (data: readonly Data[]): boolean =>
          data.every((item, index) => index === 0 || Number(data[index - 1]) < Number(item))
        for (const { events, data } of first.heard) {
          expect(ascending(data)).toBe(true)
          const tags = events.map((event) => (typeof event === 'object' && '_tag' in event ? event._tag : 'data'))
          expect(tags.join(' ')).toMatch(/^(Opened( data)*)?( ?Closed)?$/)
        }
        for (const { closed, received } of first.world.accepted) {
          expect(closed).toBe(1)
          expect(ascending(received)).toBe(true)
        }
        expect([first.world.network.links(), first.world.time.pending()]).toEqual([0, 0])
        expect(play(seed, script).log).toEqual(first.log)
      }),
      { numRuns: 300 },
    )
  })
})
