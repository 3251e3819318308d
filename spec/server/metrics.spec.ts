import { causeCounter } from '../../lib/core/causes.js'
import type { RoomServer } from '../../lib/server/server.js'
import { join, pub } from './support/peer.js'
import { world } from './support/world.js'

const ends = (server: RoomServer) => server.metrics().endCauses

describe('metrics by cause', () => {
  it('[SV200] the end of each connection is counted by its cause, once', () => {
    const { client, socket, server, time } = world({
      handshakeMs: 5_000,
      stallMs: 20_000,
      authenticate: ({ token }) => [token === 'bad' ? null : { user: token ?? 'ana' }],
    })
    const [gone, odd, cut] = [client(), client(), client()]
    gone.drop(1000)
    odd.drop(4999)
    cut.drop()
    client({ token: 'bad' })
    client({}, { pongs: false })
    socket()
    time.advanceBy(60_000)
    client({ token: 'eve' })
    server.expire('eve')
    time.advanceBy(10_000)
    expect(ends(server)).toEqual({
      'closed 1000': 1,
      'closed other': 1,
      'closed 1006': 1,
      'auth/rejected': 1,
      'auth/expired': 1,
      'protocol/late': 1,
      silent: 1,
    })
    const left = client()
    server.drain()
    time.advanceBy(30_000)
    expect(ends(server)).toMatchObject({ bye: 1 })
    expect([left.isTerminated() || left.closedWith() !== undefined, server.metrics().links]).toEqual([true, 0])
  })

  it('[SV201] gaps are counted by cause', () => {
    const here = world({ memory: { messages: 2 } })
    const ana = here.client({ rooms: [join(1, 'r')] })
    ana.send(...[1, 2, 3, 4, 5].map((n) => pub(n, 'r', n)))
    const late = here.client({ rooms: [join(1, 'r', { from: { epoch: 'E1', offset: 1 } })] })
    expect(late.all('gap').length + late.all('joined').length).toBeGreaterThan(0)
    const { gaps, gapCauses } = here.server.metrics()
    expect(Object.values(gapCauses).reduce((sum, each) => sum + each, 0)).toBe(gaps)
    const small = here.client({ messageBytes: 8_192, rooms: [join(1, 'r')] })
    ana.send(pub(6, 'r', 6, { data: 'x'.repeat(20_000) }))
    expect(small.all('gap')).toMatchObject([{ because: 'too-large' }])
    expect(here.server.metrics()).toMatchObject({ gaps: gaps + 1, gapCauses: { ...gapCauses, 'too-large': 1 } })
  })

  it('[SV202] dropped signals are counted by cause', () => {
    const here = world({
      highWaterBytes: 5_000,
      limits: { publishesPerSecond: 10, messageBytes: 10_000 },
      authorize: ({ user }) => [user === 'reader' ? ['read'] : ['read', 'publish']],
      authenticate: ({ token }) => [{ user: token ?? 'ana' }],
    })
    const can = ['seen', 'signals']
    const inside = (token: string) => here.client({ can, token, rooms: [join(1, 'r')] })
    const [ana, reader, slow] = [inside('ana'), inside('reader'), inside('slow')]
    reader.send(['s', 1, 'typing', null])
    ana.send(['s', 7, 'typing', null])
    ana.send(['s', 1, 'typing', 'x'.repeat(9_000)])
    slow.stop()
    for (let n = 0; n < 3; n++) ana.send(['s', 1, 'typing', 'x'.repeat(4_000)])
    for (let n = 0; n < 30; n++) ana.send(['s', 1, 'typing', n])
    const { signalCauses, signalsDropped } = here.server.metrics()
    expect(signalCauses).toMatchObject({ forbidden: 1, 'not-joined': 1, 'too-large': 1 })
    expect([signalCauses['congested'], signalCauses['rate']].every((each) => (each ?? 0) > 0)).toBe(true)
    expect(Object.values(signalCauses).reduce((sum, each) => sum + each, 0)).toBe(signalsDropped)
  })

  it('[SV203] faults are counted by their place', () => {
    const { client, server, faults } = world({
      authenticate: () => {
        throw new Error('no database')
      },
    })
    client({ token: 'a' })
    client({ token: 'b' })
    expect(faults).toHaveLength(2)
    expect(server.metrics().faultCauses).toEqual({ hook: 2 })
  })

  it('[SV204] the number of causes is bounded, and a snapshot stays as it is', () => {
    const { add, counts } = causeCounter()
    for (let n = 0; n < 1_000; n++) add(`cause ${n}`)
    add('cause 0')
    const before = counts()
    add('cause 0')
    expect([Object.keys(before).length, before['cause 0'], before['other']]).toEqual([129, 2, 872])
    const names = causeCounter()
    for (const name of ['__proto__', 'constructor', '__proto__']) names.add(name)
    expect(Object.entries(names.counts())).toEqual([
      ['__proto__', 2],
      ['constructor', 1],
    ])
    expect([Object.isFrozen(before), counts()['cause 0']]).toEqual([true, 3])
  })
})
