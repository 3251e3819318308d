import { map, merge, Subject, takeWhile } from 'rxjs'
import * as E from '#fp/Either'
import type { Put } from '../../lib/protocol/frame.js'
import type { Engine } from '../../lib/server/engine.js'
import { createRoomServer } from '../../lib/server/server.js'
import { see } from '../support/seen.js'
import { join, pub } from './support/peer.js'
import { world } from './support/world.js'

const put = (ch: number, of: string, key: string, value: unknown, more: Partial<Put> = {}): Put => ({
  t: 'put',
  ch,
  room: 'r',
  of,
  key,
  value,
  ...more,
})

/** Notes the tables that the server follows or reads. */
const noting =
  (asked: string[]) =>
  (engine: Engine): Engine => {
    const { tables } = engine
    if (!tables) throw new Error('the engine has no tables')
    return {
      ...engine,
      tables: {
        ...tables,
        follow: (id, from) => {
          asked.push(`follow ${id.of} of ${id.room}`)
          return tables.follow(id, from)
        },
        page: (id, part) => {
          asked.push(`page ${id.of} of ${id.room}`)
          return tables.page(id, part)
        },
      },
    }
  }

describe('the life of a room', () => {
  it('[SV148] costs a room nothing that has none: joins, messages, signals and ends ask no table', () => {
    const asked: string[] = []
    const { client, server, time } = world({ engine: noting(asked) })
    const peers = [client(), client()]
    peers.forEach((peer, index) => {
      const producer = `p${index}`
      peer.send(join(1, 'r'), join(2, 'other'))
      peer.send(pub(1, 'r', 1, { producer }))
      peer.send(['s', 1, 'typing', 1], pub(2, 'other', 1, { producer }), { t: 'leave', ch: 2 })
    })
    time.advanceBy(1_000)
    expect(peers[0]!.all('m')).toHaveLength(2)
    expect(asked).toEqual([])
    server.close()
  })

  it('[RL21] begins with members inside: the creator moderates at once, and others are under its rules', () => {
    const asked: string[] = []
    const { client, server, time } = world({
      authenticate: ({ token = '' }) => [{ user: token }],
      engine: noting(asked),
    })
    const [ana, eve] = ['ana', 'eve'].map((token) => client({ token, can: ['granted'], rooms: [join(1, 'r')] }))
    ana!.send(put(2, 'room', 'info', { id: 'c1' }, { ifNew: true }), put(3, 'mutes', 'eve', { forMs: 60_000 }))
    time.advanceBy(10)
    expect(ana!.all('put.ok').map(({ ch }) => ch)).toEqual([2, 3])
    expect(ana!.all('granted').at(-1)?.permissions).toContain('moderate')
    expect(eve!.all('granted').at(-1)?.permissions).toEqual(['read', 'history'])
    eve!.send(pub(1, 'r', 1))
    expect(eve!.all('refused')).toMatchObject([{ ref: 1, code: 'room/muted' }])
    expect(asked.filter((each) => each === 'follow room of r')).toHaveLength(1)
    server.close()
  })

  it('[RL21] begins at another server with the same engine too', () => {
    const one = world({ authenticate: ({ token = '' }) => [{ user: token }] })
    const two = world({ authenticate: ({ token = '' }) => [{ user: token }], engine: () => one.memory })
    const eve = two.client({ token: 'eve', rooms: [join(1, 'r')] })
    one.client({ token: 'ana' }).send(put(1, 'room', 'info', { id: 'c1' }, { ifNew: true }), put(2, 'bans', 'eve', {}))
    two.time.advanceBy(10)
    expect(eve.all('left')).toMatchObject([{ ch: 1, code: 'room/banned' }])
    eve.send(join(2, 'r'), pub(1, 'r', 1))
    expect(eve.all('left').at(-1)).toMatchObject({ ch: 2, code: 'room/banned' })
    expect(eve.all('refused')).toMatchObject([{ ref: 1, code: 'room/banned' }])
    one.server.close()
    two.server.close()
  })

  it('[RL21] begins for members whose feed was lost when it began', () => {
    const feeds = new Subject<void>()
    const { client, server, time, memory } = world({
      authenticate: ({ token = '' }) => [{ user: token }],
      engine: (engine) => ({
        ...engine,
        follow: (room, from) =>
          merge(engine.follow(room, from), feeds.pipe(map(() => E.left({ message: 'lost' })))).pipe(
            takeWhile(E.isRight, true),
          ),
      }),
    })
    const eve = client({ token: 'eve', can: ['granted'], rooms: [join(1, 'r')] })
    feeds.next()
    const other = createRoomServer({ engine: memory })
    see(other.rooms.get('r').create({ by: 'ana' }))
    see(other.rooms.get('r').mute('eve'))
    time.advanceBy(60_000)
    expect(eve.all('granted').at(-1)?.permissions).toEqual(['read', 'history'])
    other.close()
    server.close()
  })

  it('[RL21] a view of the record of a room without one is answered, and hears of its creation', () => {
    const { client, server } = world()
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send({ t: 'view', ch: 1, of: 'room', view: 'all', n: 1 })
    expect(peer.all('rows')).toMatchObject([{ of: 'room', rows: [] }])
    peer.send(put(2, 'room', 'info', { id: 'c1' }, { ifNew: true }))
    expect(peer.all('rows').at(-1)).toMatchObject({ rows: [['info', 1, { id: 'c1' }]] })
    server.close()
  })
})
