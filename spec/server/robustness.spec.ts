import fc from 'fast-check'
import { of } from 'rxjs'
import type { Data, PeerSocket } from '../../lib/core/ports.js'
import { hello, join, pub, rawPeer } from './support/peer.js'
import { world } from './support/world.js'

const frames = [
  hello(),
  hello({ token: 't', rooms: [join(1, 'r')] }),
  join(1, 'r'),
  join(2, 'r', { from: { epoch: 'E1', offset: 3 } }),
  { t: 'leave', ch: 1 },
  { t: 'ping', n: 1 },
  { t: 'pong', n: 1, seen: 5 },
  { t: 'seen', n: 2 },
  { t: 'auth', ref: 1, token: 'x' },
  pub(1, 'r', 1),
  { t: 'poll', ref: 3, name: 'x' },
] as const

const texts = frames.map((frame) => JSON.stringify(frame))

/** What a broken, an old, a new or a hostile client may send. */
const anything: fc.Arbitrary<Data> = fc.oneof(
  fc.constantFrom(...texts),
  fc.tuple(fc.constantFrom(...texts), fc.nat(80)).map(([text, length]) => text.slice(0, length)),
  fc
    .tuple(fc.constantFrom(...texts), fc.nat(80), fc.string())
    .map(([text, at, more]) => text.slice(0, at) + more + text.slice(at)),
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '',
    '[]',
    '[[]]',
    'null',
    '<html>',
    '\uFEFF{}',
    '{"t":"join","t":"leave","ch":1}',
    '{"__proto__":{"t":"hello"}}',
    '['.repeat(5_000),
  ),
  fc.array(fc.constantFrom(...frames), { maxLength: 5 }).map((batch) => JSON.stringify(batch)),
  fc.uint8Array({ maxLength: 20 }),
)

describe('robustness', () => {
  it('[SV142] a wrapper may spread the peer of a socket, and call its members apart from it', () => {
    const { server } = world()
    const wrapped = {
      accept: (socket: PeerSocket) => {
        const { receive, closed, ...rest } = { ...server.accept(socket) }
        return { ...rest, receive, closed }
      },
    }
    const peer = rawPeer(wrapped)
    peer.send(hello())
    peer.stop()
    peer.send({ t: 'ping', n: 1 })
    peer.drain()
    expect(peer.frames().map((frame) => ('t' in frame ? frame.t : frame[0]))).toEqual(['welcome', 'pong'])
    peer.drop()
    expect(server.metrics().links).toBe(0)
  })

  it('[SV80][P16] no frame does more than end its own link', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(anything, { maxLength: 12 }), (saysHello, messages) => {
        const { client, socket, server, faults, time } = world()
        const witness = client({ rooms: [join(1, 'witness')] })
        const peer = saysHello ? client({ session: { instance: 'peer', generation: 1 } }) : socket()
        for (const message of messages) peer.sendRaw(message)
        time.advanceBy(3_000)
        server.publish('witness', 'e', 1)
        expect(witness.all('m')).toHaveLength(1)
        expect(witness.closedWith()).toBeUndefined()
        expect(faults).toEqual([])
        expect(({} as Record<string, unknown>)['t']).toBeUndefined()
        peer.drop()
        witness.drop()
        expect(server.metrics()).toMatchObject({ links: 0, sessions: 0, rooms: 0, members: 0 })
        expect(time.pending()).toBe(0)
      }),
      { numRuns: 300 },
    )
  })

  it('[SV80] what is not an envelope is refused in band and closed with 4400', () => {
    for (const data of ['', 'x', '42', '{}', '{"t":7}', '[["x"],1]', Uint8Array.of(1, 2)]) {
      const { client } = world()
      const peer = client()
      peer.sendRaw(data)
      expect(peer.all('refused')).toMatchObject([{ code: 'protocol/malformed', kind: 'terminal' }])
      expect(peer.closedWith()).toBe(4400)
    }
  })

  it('[SV80] a bad frame with a ref is refused alone, and what stands beside it is taken', () => {
    const { client } = world()
    const peer = client()
    peer.sendRaw(
      JSON.stringify([pub(1, 'r', 1), pub(2, '', 2), pub(3, 'r', 3, { event: 'e'.repeat(65) }), pub(4, 'r', 4)]),
    )
    expect(peer.all('refused').map(({ ref, code }) => [ref, code])).toEqual([
      [2, 'protocol/malformed'],
      [3, 'protocol/malformed'],
    ])
    expect(peer.all('a')).toEqual([['a', 'E1', 0, 1, 1, 0, 4, 2, 0]])
    expect(peer.closedWith()).toBeUndefined()
  })

  it('[SV81] an unknown frame is answered if it has a ref, counted if not, fatal if it must be understood', () => {
    const { client, server } = world()
    const peer = client()
    peer.sendRaw('[{"t":"poll","ref":5,"name":"x"},{"t":"sig2"},["z",1]]')
    expect(peer.all('refused')).toMatchObject([{ ref: 5, code: 'protocol/unknown', kind: 'terminal' }])
    expect(server.metrics().ignored).toBe(2)
    expect(peer.closedWith()).toBeUndefined()
    peer.sendRaw('{"t":"poll","ref":6,"must":true}')
    expect(peer.all('refused').at(-1)).toMatchObject({ code: 'protocol/unknown' })
    expect(peer.closedWith()).toBe(4400)
  })

  it('[SV81] an unknown subprotocol is refused in band', () => {
    const { socket } = world()
    const peer = socket({ protocol: 'graphql-ws' })
    expect(peer.frames()).toMatchObject([{ code: 'protocol/subprotocol' }])
    expect(peer.closedWith()).toBe(4400)
    const plain = socket({ protocol: '' })
    plain.send(hello())
    expect(plain.all('welcome')).toHaveLength(1)
  })

  it('[SV10] after the welcome a message may be as large as announced', () => {
    const { client } = world({ limits: { messageBytes: 100_000 } })
    const peer = client()
    peer.send(pub(1, 'r', 1, { data: 'x'.repeat(97_000) }))
    expect(peer.all('a')).toHaveLength(1)
    peer.send(pub(2, 'r', 2, { data: 'x'.repeat(100_000) }))
    expect(peer.all('refused')).toMatchObject([{ code: 'protocol/too-large' }])
    expect(peer.closedWith()).toBe(1009)
  })

  it('[SV82] a hook that throws ends nothing but what asked for it', () => {
    const { client, faults, server } = world({
      authenticate: ({ instance }) => {
        if (instance === 'bad') throw new Error('boom')
        return of({ user: instance })
      },
    })
    const good = client({ session: { instance: 'good', generation: 1 }, rooms: [join(1, 'r')] })
    client({ session: { instance: 'bad', generation: 1 } })
    server.publish('r', 'e', 1)
    expect(good.all('m')).toHaveLength(1)
    expect(faults).toEqual([{ where: 'hook', message: 'authenticate: boom' }])
  })

  it('[SV83] metrics tell what happened, at once and every second', () => {
    const { client, server, time } = world()
    const seen: string[] = []
    const subscription = server.metrics$.subscribe(({ links, members, accepted, messagesOut, refusals }) =>
      seen.push([links, members, accepted, messagesOut, refusals].join(' ')),
    )
    const peer = client({ rooms: [join(1, 'r')] })
    client({ rooms: [join(1, 'r')] })
    peer.send(pub(1, 'r', 1), pub(2, 'r', 9, { after: 5 }))
    time.advanceBy(1_000)
    expect(seen).toEqual(['0 0 0 0 0', '2 2 1 2 1'])
    subscription.unsubscribe()
    expect(server.metrics()).toMatchObject({ framesIn: 4, sessions: 2, rooms: 1 })
  })
})
