import { createRoomServer } from '../../lib/server/server.js'
import { byteLength } from '../../lib/protocol/utf8.js'
import { join, pub, rawPeer, hello } from './support/peer.js'
import { world } from './support/world.js'

const large = 'x'.repeat(3_000)
const gap = (ch: number, from: number, to: number) => ({
  t: 'gap',
  ch,
  from: { epoch: 'E1', offset: from },
  to: { epoch: 'E1', offset: to },
  because: 'too-large',
})
const offsets = (frames: readonly unknown[]): readonly unknown[] =>
  frames.map((frame) => (Array.isArray(frame) ? [frame[0], frame[2] as unknown] : frame))

describe('a message that is larger than a client takes', () => {
  it('[SV47] [PR105] is a gap in its place, live, for that client alone', () => {
    const { client, server, time } = world()
    const [small, other] = [client({ messageBytes: 2_000, rooms: [join(1, 'r')] }), client({ rooms: [join(1, 'r')] })]
    time.advanceBy(3)
    small.news()
    for (const data of ['a', large, 'b']) server.publish('r', 'e', data).subscribe()
    time.advanceBy(3)
    expect(offsets(small.news())).toEqual([['m', 1], gap(1, 1, 2), ['m', 3]])
    expect(other.all('m').map(([, , offset]) => offset)).toEqual([1, 2, 3])
  })

  it('[SV47] [PR105] is a gap in its place where it is read from the log, and in the answer to a history', () => {
    const { client, server, time } = world()
    for (const data of ['a', large, large, 'b']) server.publish('r', 'e', data).subscribe()
    const peer = client({ messageBytes: 2_000, rooms: [join(1, 'r', { from: { last: 4 } })] })
    time.advanceBy(3)
    expect(offsets(peer.news()).slice(2)).toEqual([['m', 1], gap(1, 1, 2), gap(1, 2, 3), ['m', 4]])
    peer.send({ t: 'history', ch: 2, room: 'r', count: 3 })
    time.advanceBy(3)
    expect(offsets(peer.news())).toMatchObject([
      gap(2, 1, 2),
      gap(2, 2, 3),
      ['h', 4],
      { t: 'page', ch: 2, base: 1, recovered: true },
    ])
  })

  it('[SV47] [PR105] never comes in a batch either, and is taken at the very size', () => {
    const { client, server, time } = world()
    const most = 500
    const peer = client({ messageBytes: most, rooms: [join(1, 'r')] })
    time.advanceBy(3)
    const before = peer.messages().length
    for (let n = 1; n <= 40; n++) server.publish('r', 'e', 'x'.repeat(10 * n)).subscribe()
    time.advanceBy(3)
    const sizes = peer
      .messages()
      .slice(before)
      .map((data) => byteLength(String(data)))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(most)
    expect(peer.all('m').length).toBeGreaterThan(35)
    expect(peer.all('m').length + peer.all('gap').length).toBe(40)
  })

  it('[SV47] [PR104] a signal that is, is dropped', () => {
    const { client, time } = world()
    const can = ['signals']
    const [small, other, ana] = [
      client({ can, messageBytes: 2_000, rooms: [join(1, 'r')] }),
      client({ can, rooms: [join(1, 'r')] }),
      client({ can, rooms: [join(1, 'r')] }),
    ]
    time.advanceBy(3)
    ana.send(['s', 1, 'e', large], ['s', 1, 'e', 'a'])
    time.advanceBy(3)
    expect(small.all('s').map(([, , , data]) => data)).toEqual(['a'])
    expect(other.all('s').map(([, , , data]) => data)).toEqual([large, 'a'])
  })

  it('[SV47] a limit that was lowered over a kept log: who says what it takes gets it, who does not is told', () => {
    const { memory, server, time } = world()
    server.publish('r', 'e', 'x'.repeat(100_000)).subscribe()
    time.advanceBy(3)
    const later = createRoomServer({ engine: memory, scheduler: time, limits: { messageBytes: 65_536 } })
    const peers = [{}, { messageBytes: 2 ** 20 }].map((more, at) => {
      const peer = rawPeer(later)
      peer.send(
        hello({
          session: { instance: `x${at}`, generation: 1 },
          rooms: [join(1, 'r', { from: { last: 1 } })],
          ...more,
        }),
      )
      return peer
    })
    time.advanceBy(3)
    expect(peers.map((peer) => [peer.all('gap').length, peer.all('m').length])).toEqual([
      [1, 0],
      [0, 1],
    ])
    later.close()
  })

  it('[PR25] is measured as the server prints it: a number that grows is refused to its sender', () => {
    const { client, time } = world({ limits: { messageBytes: 65_536 } })
    const peer = client({ rooms: [join(1, 'r')] })
    time.advanceBy(3)
    const numbers = Array.from({ length: 12_000 }, () => '1e20').join()
    peer.sendRaw(`["p",1,"r","lane",1,0,"id1","e",[${numbers}],0]`)
    peer.send(pub(2, 'r', 2))
    time.advanceBy(3)
    expect(peer.all('refused')).toMatchObject([{ ref: 1, code: 'delivery/too-large' }])
    expect(peer.all('m')).toHaveLength(1)
  })
})
