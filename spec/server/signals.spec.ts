import type { Signalled } from '../../lib/protocol/frame.js'
import { join, type PeerOptions, pub, type RawPeer } from './support/peer.js'
import { world, type World } from './support/world.js'

const can = ['seen', 'signals']

/** A client in room `r` under 1. */
const inside = ({ client }: World, more: Parameters<World['client']>[0] = {}, options?: PeerOptions): RawPeer =>
  client({ can, rooms: [join(1, 'r')], ...more }, options)

const signals = (peer: RawPeer): readonly Signalled[] => peer.all('s')

describe('signals on the server', () => {
  it('[PR103] [SG1] are told to who is in the room, with whose they are, and to nobody else or later', () => {
    const here = world()
    const [ana, ben, elsewhere] = [inside(here), inside(here), here.client({ can, rooms: [join(1, 'x')] })]
    ana.send(['s', 1, 'typing', { at: 3 }])
    expect(signals(ben)).toEqual([['s', 1, 'typing', { at: 3 }, ['anonymous', expect.any(String)]]])
    expect([signals(ana), signals(elsewhere), signals(inside(here))]).toEqual([[], [], []])
    expect(here.server.metrics()).toMatchObject({ signalsOut: 1, signalsDropped: 0, accepted: 0 })
    ana.send(pub(1, 'r', 1))
    expect(ben.all('m').map(([, , offset]) => offset)).toEqual([1])
  })

  it('[PR102] are told only to who lists the capability, and the server lists it', () => {
    const here = world()
    const [ana, old] = [inside(here), inside(here, { can: ['seen'] })]
    expect(ana.all('welcome')[0]?.can).toContain('signals')
    ana.send(['s', 1, 'typing', null])
    expect(signals(old)).toEqual([])
  })

  it('[SG1] reach every node that shares the engine; with an engine that knows none, those on the same', () => {
    const one = world()
    const other = world({ engine: () => one.memory })
    const [ana, ben] = [inside(one), inside(other, { session: { instance: 'ben', generation: 1 } })]
    ana.send(['s', 1, 'typing', 1])
    expect(signals(ben).map(([, , , data]) => data)).toEqual([1])

    const plain = world({ engine: ({ signal: _, ...engine }) => engine })
    const [cem, dora] = [inside(plain), inside(plain)]
    cem.send(['s', 1, 'typing', 2])
    expect([signals(dora).map(([, , , data]) => data), signals(cem)]).toEqual([[2], []])
  })

  it('[PR103] [SG4] are dropped without a word: no join, no permission, too many, too large', () => {
    const here = world({
      limits: { publishesPerSecond: 2, messageBytes: 10_000 },
      authorize: ({ user }) => [user === 'reader' ? ['read'] : ['read', 'publish']],
      authenticate: ({ token }) => [{ user: token ?? 'ana' }],
    })
    const [ana, reader, ben] = [inside(here), inside(here, { token: 'reader' }), inside(here)]
    const dropped = (): number => here.server.metrics().signalsDropped
    reader.send(['s', 1, 'typing', null])
    expect(dropped()).toBe(1)
    ana.send(['s', 7, 'typing', null])
    ana.send(['s', 1, 'typing', 'x'.repeat(8_500)])
    expect([dropped(), signals(ben)]).toEqual([3, []])
    ana.send(['s', 1, 'typing', 1], pub(1, 'r', 1), ['s', 1, 'typing', 2])
    expect([dropped(), signals(ben).map(([, , , data]) => data)]).toEqual([4, [1]])
    here.time.advanceBy(1_000)
    ana.send({ t: 'leave', ch: 1 }, ['s', 1, 'typing', 3])
    expect([dropped(), signals(ben).length, ana.all('refused')]).toEqual([5, 1, []])
  })

  it('[PR104] [SG4] are the first to be dropped for a slow reader, whose messages come later', () => {
    const here = world({ highWaterBytes: 5_000 })
    const [ana, slow] = [inside(here), inside(here)]
    slow.stop()
    for (let n = 1; n <= 20; n++) ana.send(['s', 1, 'cursor', n], pub(n, 'r', n, { data: 'x'.repeat(1_000) }))
    slow.drain()
    expect(signals(slow).length).toBeLessThan(8)
    expect(slow.all('m')).toHaveLength(20)
    expect(here.server.metrics().signalsDropped).toBe(20 - signals(slow).length)
    ana.send(['s', 1, 'cursor', 21])
    expect(signals(slow).at(-1)?.[3]).toBe(21)
  })

  it('[PR102] what is malformed ends the link', () => {
    const here = world()
    const peer = inside(here)
    peer.sendRaw('["s",1,"",null]')
    expect([peer.all('refused')[0]?.code, peer.closedWith()]).toEqual(['protocol/malformed', 4400])
  })
})
