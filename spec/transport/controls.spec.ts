import fc from 'fast-check'
import { seeded } from '../../lib/testing/random.js'
import { type VirtualTime, virtualTime } from '../../lib/testing/virtual.js'
import { type MemoryNetwork, type MemoryOptions, memory, type ObservedFrame } from '../../lib/transport/memory.js'
import { type Accepted, type Heard, listen, notebook } from './rig.js'

/** A client on a host, and the server's side of it. */
interface Pair {
  readonly heard: Heard
  readonly server: Accepted
  readonly say: (text: string) => void
  readonly answer: (text: string) => void
}

interface Scene {
  readonly time: VirtualTime
  readonly network: MemoryNetwork
  readonly attempt: (host: string) => Heard
  /** Connects, and goes on when both sides have heard of it. */
  readonly pair: (host: string) => Pair
  /** What arrived where, and when. */
  readonly log: string[]
  readonly accepted: readonly Accepted[]
}

const scene = (options: Partial<MemoryOptions> = {}): Scene => {
  const time = virtualTime()
  const log: string[] = []
  const server = notebook()
  const network = memory({
    scheduler: time,
    latencyMs: 10,
    ...options,
    accept: (socket) => {
      const peer = server.accept(socket)
      return {
        ...peer,
        receive: (data) => {
          log.push(`${time.now()} up ${String(data)}`)
          peer.receive(data)
        },
      }
    },
  })
  const attempt = (host: string): Heard =>
    listen(network.host(host).transport, { url: 'memory://spec', protocols: [], maxMessageBytes: 1e6 }, (event) => {
      if (typeof event === 'string') log.push(`${time.now()} down ${event}`)
      else if ('_tag' in event) log.push(`${time.now()} ${host} ${event._tag}`)
    })
  return {
    time,
    network,
    attempt,
    log,
    accepted: server.accepted,
    pair: (host) => {
      const heard = attempt(host)
      time.advanceBy(1_000)
      const its = server.accepted.at(-1)!
      log.length = 0
      return {
        heard,
        server: its,
        say: (text) => void heard.socket!.send(text),
        answer: (text) => {
          its.socket.send(text)
        },
      }
    },
  }
}

describe('hosts of a network in memory', () => {
  it('[NS1] are cut, frozen, refused, slowed down and counted each by itself', () => {
    const { time, network, pair, attempt, log } = scene()
    const [ana, ben] = [pair('ana'), pair('ben')]
    const start = time.now()
    network.host('ana').freeze()
    network.host('ana').latency(500)
    ana.say('held up')
    ben.say('through')
    time.advanceBy(100)
    network.host('ana').cut()
    network.host('ana').thaw()
    network.host('ana').refuse(true)
    attempt('ana')
    attempt('ben')
    time.advanceBy(2_000)
    expect(log).toEqual([
      `${start + 10} up through`,
      `${start + 100} ana Closed`,
      `${start + 120} ben Opened`,
      `${start + 1_100} ana Closed`,
    ])
    expect([network.links(), network.host('ana').links(), network.host('ben').links()]).toEqual([2, 0, 2])
    expect(network.hosts()).toEqual(['ana', 'ben'])
  })

  it('[NS1] obey the network too, and the network first of all', () => {
    const { time, network, pair, log } = scene()
    const pairs = ['ana', 'ben'].map(pair)
    const start = time.now()
    network.freeze()
    network.host('ana').thaw()
    for (const { say } of pairs) say('held up')
    time.advanceBy(1_000)
    expect(log).toEqual([])
    network.thaw()
    time.advanceBy(10)
    network.cut()
    time.advanceBy(0)
    expect(log).toEqual([
      `${start + 1_010} up held up`,
      `${start + 1_010} up held up`,
      `${start + 1_010} ana Closed`,
      `${start + 1_010} ben Closed`,
    ])
  })

  it('[NS1] are named in what is shown of the network', () => {
    const { network, pair } = scene()
    const seen: ObservedFrame[] = []
    network.frames$.subscribe((sighting) => seen.push(sighting))
    pair('ana').say('up')
    pair('ben').answer('down')
    expect(seen.map(({ host, link, direction }) => [host, link, direction])).toEqual([
      ['ana', 1, 'up'],
      ['ben', 2, 'down'],
    ])
  })

  it('[NS2] a partition holds up its hosts alone, also new connections, and heals without a loss', () => {
    const { time, network, pair, attempt, log } = scene()
    const [ana, ben, cem] = [pair('ana'), pair('ben'), pair('cem')]
    const start = time.now()
    ana.say('under way')
    network.partition('ana', 'ben', 'dan')
    for (const { say, answer } of [ana, ben, cem]) {
      say('one')
      answer('two')
    }
    attempt('dan')
    time.advanceBy(1_000)
    expect(log).toEqual([`${start + 10} up one`, `${start + 10} down two`])
    network.partition('ben')
    time.advanceBy(100)
    expect(log.slice(2)).toEqual([
      `${start + 1_000} up under way`,
      `${start + 1_010} down two`,
      `${start + 1_010} up one`,
      `${start + 1_020} dan Opened`,
    ])
    network.heal()
    time.advanceBy(100)
    expect(log.slice(6)).toEqual([`${start + 1_110} up one`, `${start + 1_110} down two`])
    expect(network.links()).toBe(4)
  })

  it('[NS3] a direction that is frozen holds up what goes that way, and nothing else', () => {
    const { time, network, pair, log } = scene()
    const [ana, ben] = [pair('ana'), pair('ben')]
    const start = time.now()
    network.host('ana').freeze('down')
    for (const { say, answer } of [ana, ben]) {
      answer('1')
      answer('2')
      say('heard')
    }
    time.advanceBy(500)
    expect(log).toEqual(['up heard', 'down 1', 'up heard', 'down 2'].map((text) => `${start + 10} ${text}`))
    network.host('ana').thaw('down')
    time.advanceBy(500)
    expect(log.slice(4)).toEqual([`${start + 510} down 1`, `${start + 510} down 2`])
  })

  it('[NS3] a direction that is a black hole loses what goes that way, and tells nobody', () => {
    const { time, network, pair, log } = scene()
    const { say, answer } = pair('ana')
    const start = time.now()
    network.blackhole(true, 'up')
    say('lost')
    answer('heard')
    time.advanceBy(100)
    network.blackhole(false, 'up')
    say('found')
    time.advanceBy(100)
    expect(log).toEqual([`${start + 10} down heard`, `${start + 110} up found`])
  })

  it('[NS4] what waits on a line leaves at its new bandwidth from the moment of the change', () => {
    const { time, network, pair, log } = scene({ latencyMs: 0 })
    const [ana, ben] = [pair('ana'), pair('ben')]
    network.bandwidth(1_000)
    network.host('ben').bandwidth(100, 1_000)
    const start = time.now()
    for (const { say } of [ana, ben]) say('x'.repeat(100))
    time.advanceBy(50)
    network.bandwidth(500)
    network.host('ben').bandwidth(0)
    time.advanceBy(1_000)
    network.host('ben').bandwidth(Infinity)
    time.advanceBy(1)
    expect(log.map((line) => line.replace(/x+/, ''))).toEqual([`${start + 150} up `, `${start + 1_050} up `])
  })

  it('[NS4] what has left before a freeze does not leave again after it', () => {
    const { time, network, pair, log } = scene({ latencyMs: 0 })
    const { say } = pair('ana')
    network.bandwidth(1_000)
    const start = time.now()
    say('x'.repeat(100))
    time.advanceBy(60)
    network.freeze()
    time.advanceBy(500)
    network.thaw()
    time.advanceBy(500)
    expect(log.map((line) => line.replace(/x+/, ''))).toEqual([`${start + 600} up `])
  })

  it('[NS4] any bandwidths in any order carry all bytes in the time that their sum says', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 40 })), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.integer({ min: 1, max: 4_000 }),
        (changes, bytes) => {
          const { time, network, pair, log } = scene({ latencyMs: 0 })
          const { say } = pair('ana')
          let [due, left] = [time.now(), bytes]
          for (const [ms, kBps] of [...changes, [Infinity, 1] as const]) {
            const took = Math.min(ms, kBps === 0 ? Infinity : left / kBps)
            due += left > 0 ? took : 0
            // Rounding leaves no bytes over.
            left = kBps > 0 && left / kBps <= ms ? 0 : left - took * kBps
          }
          network.bandwidth(changes[0]![1] * 1_000)
          say('x'.repeat(bytes))
          for (const [ms, kBps] of changes) {
            network.bandwidth(kBps * 1_000)
            time.advanceBy(ms)
          }
          network.bandwidth(1_000)
          time.run()
          expect(Number(log[0]!.split(' ')[0])).toBeCloseTo(due, 6)
        },
      ),
      {
        examples: [
          [
            [
              [43, 12],
              [38, 22],
              [1, 0],
            ],
            1_333,
          ],
        ],
      },
    )
  })

  it('[NS4] a latency of a host counts before that of the network, and may be drawn', () => {
    const { time, network, pair, log } = scene()
    const [ana, ben] = [pair('ana'), pair('ben')]
    const random = seeded(5)
    network.latency(70)
    network.host('ana').latency(() => 20 + Math.floor(random() * 20), 5)
    const start = time.now()
    for (let count = 0; count < 5; count++) ana.say(`${count}`)
    ana.answer('a')
    ben.say('b')
    time.advanceBy(100)
    const at = (text: string): number => Number(log.find((line) => line.endsWith(text))!.split(' ')[0]) - start
    expect([at('down a'), at('up b')]).toEqual([5, 70])
    expect(log.filter((line) => /up \d$/.test(line)).map((line) => line.slice(-1))).toEqual(['0', '1', '2', '3', '4'])
    expect([...new Set(['up 0', 'up 1', 'up 4'].map(at))].every((ms) => ms >= 20 && ms < 40)).toBe(true)
  })

  it('[NS4] a host that is told nothing more is as the network, and a network as a quick one', () => {
    const { time, network, pair, log } = scene()
    const { say } = pair('ana')
    network.bandwidth(1_000)
    network.host('ana').latency(500)
    network.host('ana').bandwidth(10)
    network.host('ana').latency()
    network.host('ana').bandwidth()
    const start = time.now()
    say('x'.repeat(100))
    time.advanceBy(200)
    network.latency()
    network.bandwidth()
    say('at once')
    time.advanceBy(0)
    expect(log.map((line) => line.replace(/x+/, ''))).toEqual([`${start + 110} up `, `${start + 200} up at once`])
  })

  it('[NS4] a bandwidth that is none is told at once', () => {
    const { network } = scene()
    for (const none of [-1, NaN]) expect(() => network.bandwidth(none)).toThrow(/0 or more bytes per second/)
  })

  it('[NS5] heals all that is wrong, and leaves what is slow', () => {
    const { time, network, pair, attempt, log } = scene()
    const { say, answer } = pair('ana')
    network.latency(30)
    const { host } = network
    host('ana').freeze('up')
    network.blackhole(true, 'down')
    host('ben').refuse(true)
    host('cem').hang(true)
    network.partition('dan')
    network.heal()
    const start = time.now()
    say('up')
    answer('down')
    for (const name of ['ben', 'cem', 'dan']) attempt(name)
    time.advanceBy(100)
    expect(log).toEqual([
      `${start + 30} up up`,
      `${start + 30} down down`,
      ...['ben', 'cem', 'dan'].map((name) => `${start + 60} ${name} Opened`),
    ])
  })
})
