import { of } from 'rxjs'
import type { Permission } from '../../lib/protocol/frame.js'
import { join, pub } from '../server/support/peer.js'
import { brief, ending, rig, type Rig, sorted } from './rig.js'

const filled = ({ guest, time }: Rig, room: string, messages: number): void => {
  const writer = guest('writer')
  for (let seq = 1; seq <= messages; seq++) {
    writer.send(pub(seq, room, seq, { producer: `w-${room}` }))
    time.advanceBy(1)
  }
  writer.drop()
}

describe('rooms on the wire', () => {
  it('[PR39] a ch is used once on a link', () => {
    const { guest } = rig()
    const peer = guest('i1', { rooms: [join(1, 'a')] })
    peer.send({ t: 'leave', ch: 1 }, join(2, 'a'))
    expect(peer.closedWith()).toBeUndefined()
    peer.send(join(1, 'b'))
    expect(ending(peer)).toEqual(['protocol/channel', 4400])
  })

  it('[PR40] a later join of the same room takes the place of the earlier', () => {
    const { guest } = rig()
    const peer = guest('i1', { rooms: [join(1, 'a')] })
    peer.send(join(2, 'a'), pub(1, 'a', 1))
    const frames = brief(peer.news())
    expect(frames).toContain('left 1 room/superseded')
    expect(frames.slice(-2)).toEqual(['joined 2 E1 1-0 after 0', 'm 2 1 p1.1'])
  })

  it('[PR28] [PR41] every join is answered, also those beyond the limits', () => {
    const { guest, time } = rig({ limits: { rooms: 3, joinsPerFrame: 4 } })
    const peer = guest()
    peer.send(...[1, 2, 3, 4, 5].map((ch) => join(ch, `r${ch}`)))
    time.advanceBy(0)
    expect(sorted(brief(peer.news()))).toEqual([
      'joined 1 E1 1-0 after 0', 'joined 2 E1 1-0 after 0', 'joined 3 E1 1-0 after 0', 'left 4 room/limit', 'left 5 room/joins',
    ]) // prettier-ignore
  })

  it('[PR43] a leave ends what it names, and one of an unknown ch does nothing', () => {
    const { guest } = rig()
    const peer = guest('i1', { rooms: [join(1, 'a')] })
    peer.send({ t: 'leave', ch: 1 }, { t: 'leave', ch: 1 }, { t: 'leave', ch: 99 }, pub(1, 'a', 1), { t: 'ping', n: 1 })
    expect(sorted(brief(peer.news()))).toEqual(['a E1 0 1 1 0', 'pong'])
  })

  it('[PR44] [PR16] a room that may not be read, or is the server’s, is refused', () => {
    const { guest } = rig({
      authorize: ({ room }) => of(room === 'open' ? ['read'] : room === 'drop' ? ['publish'] : []),
    })
    const peer = guest()
    peer.send(join(1, 'open'), join(2, 'shut'), join(3, 'drop'), join(4, '@users'))
    const refused = ['left 2 room/forbidden', 'left 3 room/forbidden', 'left 4 room/forbidden']
    expect(sorted(brief(peer.news()))).toEqual(['joined 1 E1 1-0 after 0', ...refused])
  })

  it('[PR45] the server may end a membership', () => {
    const { guest, server } = rig()
    const peer = guest('i1', { rooms: [join(1, 'a')] })
    server.kick('a', 'anonymous')
    guest('i2').send(pub(1, 'a', 1))
    expect(brief(peer.news())).toEqual(['left 1 room/kicked'])
  })
})

describe('positions and recovery', () => {
  const answers = (world: Rig, joins: Readonly<Record<string, ReturnType<typeof join>['from']>>, room = 'a') =>
    Object.fromEntries(
      Object.entries(joins).map(([what, from]) => {
        const peer = world.guest(what)
        peer.send(join(1, room, from ? { from } : {}))
        world.time.advanceBy(0)
        return [what, brief(peer.news())[0]]
      }),
    )

  it('[PR48] a room in which nothing was ever sent has a position', () => {
    const world = rig()
    expect(answers(world, { fresh: undefined })).toEqual({ fresh: 'joined 1 E1 1-0 after 0' })
    expect(answers(world, { back: { epoch: 'E1', offset: 0 } })).toEqual({ back: 'joined 1 E1 1-0 after 0' })
  })

  it('[PR49] [PR50] [PR51] a join is answered by the table', () => {
    const world = rig({}, { messages: 6 })
    filled(world, 'a', 10)
    expect(
      answers(world, {
        live: undefined,
        all: { last: 100 },
        some: { last: 2 },
        none: { last: 0 },
        head: { epoch: 'E1', offset: 10 },
        within: { epoch: 'E1', offset: 7 },
        edge: { epoch: 'E1', offset: 4 },
        cut: { epoch: 'E1', offset: 3 },
        ahead: { epoch: 'E1', offset: 11 },
        other: { epoch: 'E0', offset: 7 },
      }),
    ).toEqual({
      live: 'joined 1 E1 5-10 after 10',
      all: 'joined 1 E1 5-10 after 4',
      some: 'joined 1 E1 5-10 after 8',
      none: 'joined 1 E1 5-10 after 10',
      head: 'joined 1 E1 5-10 after 10',
      within: 'joined 1 E1 5-10 after 7',
      edge: 'joined 1 E1 5-10 after 4',
      cut: 'joined 1 E1 5-10 after 4 truncated',
      ahead: 'joined 1 E1 5-10 after 4 epoch',
      other: 'joined 1 E1 5-10 after 4 epoch',
    })
  })

  it('[PR49] [PR51] nobody reads history without permission', () => {
    const permissions: readonly Permission[] = ['read', 'publish']
    const world = rig({ authorize: () => of(permissions) })
    filled(world, 'a', 5)
    expect(
      answers(world, {
        live: undefined,
        head: { epoch: 'E1', offset: 5 },
        old: { epoch: 'E1', offset: 2 },
        other: { epoch: 'E0', offset: 5 },
        last: { last: 2 },
      }),
    ).toEqual({
      live: 'joined 1 E1 1-5 after 5',
      head: 'joined 1 E1 1-5 after 5',
      old: 'joined 1 E1 1-5 after 5 forbidden',
      other: 'joined 1 E1 1-5 after 5 forbidden',
      last: 'joined 1 E1 1-5 after 5 forbidden',
    })
  })

  it('[PR46] [PR53] a log that begins anew has another epoch, and who is there is told', () => {
    const { guest, engine } = rig()
    const peer = guest('i1', { rooms: [join(1, 'a')] })
    peer.send(pub(1, 'a', 1), pub(2, 'a', 2, { after: 1 }))
    peer.news()
    engine.forget('a')
    peer.send(pub(3, 'a', 3))
    const [gap, ...rest] = brief(peer.news()).filter((frame) => !frame.startsWith('a'))
    expect(gap).toBe('gap 1 E1/2-E2/0 epoch')
    expect(rest).toEqual(['m 1 1 p1.3'])
  })

  it('[PR52] [PR47] after joined come all messages after base, once each and in order, whatever is sent meanwhile', () => {
    const world = rig()
    filled(world, 'a', 300)
    const writer = world.guest('live')
    const peer = world.guest('reader')
    peer.send(join(1, 'a', { from: { epoch: 'E1', offset: 100 } }))
    for (let seq = 1; seq <= 50; seq++) {
      writer.send(pub(seq, 'a', seq, { producer: 'live' }))
      world.time.advanceBy(1)
    }
    world.time.advanceBy(1_000)
    const frames = brief(peer.news())
    expect(frames[0]).toBe('joined 1 E1 1-300 after 100')
    expect(peer.all('m').map(([, , offset]) => offset)).toEqual(Array.from({ length: 250 }, (_, at) => 101 + at))
    expect(peer.all('m').every(([, , , , , , , , extra]) => extra?.prev === undefined)).toBe(true)
  })

  it('[PR22] [PR55] everybody gets the same message, its sender too, under the id that it gave', () => {
    const { guest } = rig()
    const peers = ['x', 'y', 'z'].map((name, at) => guest(name, { rooms: [join(at + 1, 'a')] }))
    const data = { $: [{ $: 'AQID' }] }
    peers[0]?.sendRaw(JSON.stringify(['p', 1, 'a', 'x', 1, 0, 'mine', 'e', data, 0]))
    const copies = peers.map(
      (peer) =>
        (JSON.parse(String(peer.messages().at(-1))) as unknown[]).flat().includes('mine') && peer.messages().at(-1),
    )
    expect(copies.every(Boolean)).toBe(true)
    const [first, ...others] = peers.map((peer) => peer.all('m').map(([, , ...rest]) => rest))
    expect(first).toMatchObject([[1, 'mine', 'e', ['anonymous', expect.any(String)], 0, data]])
    for (const other of others) expect(other).toEqual(first)
  })
})
