import { prometheus, prometheusType } from '../../lib/node/index.js'
import { readExposition } from '../support/exposition.js'
import { join, pub } from './support/peer.js'
import { world } from './support/world.js'

describe('prometheus', () => {
  it('[SV205] gives every count as a metric with HELP and TYPE, counters as totals', () => {
    const { client, server } = world()
    const metrics = server.metrics()
    const read = readExposition(prometheus(metrics))
    for (const [name, { help, type }] of read) {
      expect(name).toMatch(/^rx_rooms_[a-z_]+$/)
      expect([name.endsWith('_total'), help.endsWith('.')]).toEqual([type === 'counter', true])
    }
    // The totals that a count by cause contains have no metric of their own.
    expect(read.size).toBe(Object.keys(metrics).length - 6)
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(pub(1, 'r', 1), join(2, '@x'))
    peer.drop(1001)
    const after = readExposition(prometheus(server.metrics()))
    const values = (name: string) => after.get(`rx_rooms_${name}`)?.samples.map(({ labels, value }) => [labels, value])
    expect(values('links')).toEqual([[{}, 0]])
    expect(values('publishes_accepted_total')).toEqual([[{}, 1]])
    expect(values('refusals_total')).toEqual([[{ code: 'room/forbidden' }, 1]])
    expect(values('connections_ended_total')).toEqual([[{ cause: 'closed 1001' }, 1]])
    expect(values('gaps_total')).toEqual([])
    expect(prometheusType).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  it('[SV206] has no names of rooms and users, and a bounded number of lines', () => {
    const { client, server } = world({ authenticate: ({ token }) => [{ user: token ?? '' }] })
    for (let n = 0; n < 300; n++) {
      const peer = client({ token: `user-of-${n}`, rooms: [join(1, `room-of-${n}`)] })
      peer.send(pub(1, `room-of-${n}`, 1))
      peer.drop(1_000 + n * 10)
    }
    const text = prometheus(server.metrics())
    expect(text).not.toMatch(/-of-/)
    expect(text.split('\n').length).toBeLessThan(100)
  })

  it('[SV207] escapes labels, and a parser reads the same causes', () => {
    const { server } = world()
    const causes = { 'a"b\\c\nd': 3, ' ': 1, 'ü,}': 2 }
    const read = readExposition(prometheus({ ...server.metrics(), causes }))
    const samples = read.get('rx_rooms_refusals_total')?.samples ?? []
    expect(Object.fromEntries(samples.map(({ labels, value }) => [labels['code'], value]))).toEqual(causes)
  })

  it('[SV207] the parser of this spec refuses texts that are no exposition', () => {
    const head = '# HELP a A.\n# TYPE a counter\n'
    const wrong = [
      'a 1\n',
      `${head}a 1`,
      `${head}b 1\n`,
      `${head}a 1\na 1\n`,
      `${head}a{b="c} 1\n`,
      `${head}a{b="c\\d"} 1\n`,
      `${head}a one\n`,
      `${head}${head}`,
      '# HELP a A.\na 1\n',
      '# TYPE a counter\n',
    ]
    for (const text of wrong) expect(() => readExposition(text)).toThrow()
    expect(readExposition(`${head}a{b="c"} 1\n`).size).toBe(1)
  })
})
