import { map, merge, of, Subject, takeWhile } from 'rxjs'
import * as E from '#fp/Either'
import type { Tables } from '../../lib/server/tables/model.js'
import { createRoomServer } from '../../lib/server/server.js'
import { right, see } from '../support/seen.js'
import { join, pub } from './support/peer.js'
import { world } from './support/world.js'

/** Two servers over one engine; one of them loses its feeds of tables. */
const stage = () => {
  const feeds = new Subject<void>()
  let isDown = false
  const lost = E.left({ message: 'lost' })
  const following =
    (follow: Tables['follow']): Tables['follow'] =>
    (id, from) =>
      isDown ? of(lost) : merge(follow(id, from), feeds.pipe(map(() => lost))).pipe(takeWhile(E.isRight, true))
  const made = world({
    authenticate: ({ token = '' }) => [{ user: token }],
    engine: (engine) => ({ ...engine, tables: { ...engine.tables!, follow: following(engine.tables!.follow) } }),
  })
  const other = createRoomServer({ engine: made.memory })
  right(see(other.rooms.get('r').create({ by: 'ana' })).only())
  return {
    ...made,
    other,
    lose: () => {
      isDown = true
      feeds.next()
    },
    back: () => {
      isDown = false
    },
    close: () => {
      other.close()
      made.server.close()
    },
  }
}

describe('a room whose rules a server does not hear of at present', () => {
  it('[RL30] takes no message until they are known again: a user who was banned meanwhile publishes nothing', () => {
    const { client, other, time, lose, back, close } = stage()
    const reader = client({ token: 'kim', rooms: [join(1, 'r')] })
    const eve = client({ token: 'eve', rooms: [join(1, 'r')] })
    eve.send(pub(1, 'r', 1))
    time.advanceBy(100)
    expect(eve.all('a')).toHaveLength(1)
    lose()
    right(see(other.rooms.get('r').ban('eve')).only())
    eve.send(pub(2, 'r', 2))
    reader.send(pub(1, 'r', 1, { producer: 'p2' }))
    time.advanceBy(100)
    expect([eve.all('a').length, eve.all('refused'), reader.all('a')]).toEqual([1, [], []])
    back()
    time.advanceBy(9_000)
    expect(eve.all('refused')).toMatchObject([{ ref: 2, code: 'room/banned' }])
    expect(eve.all('left')).toMatchObject([{ ch: 1, code: 'room/banned' }])
    expect([reader.all('m').length, reader.all('a').length]).toEqual([2, 1])
    close()
  })

  it('[RL30] refuses messages for now where they are not known in time; rooms without rules are not concerned', () => {
    const { client, time, lose, close } = stage()
    const eve = client({ token: 'eve', rooms: [join(1, 'r'), join(2, 'free')] })
    lose()
    eve.send(pub(1, 'r', 1), pub(2, 'free', 1, { producer: 'p2' }))
    time.advanceBy(100)
    expect(eve.all('a').map(([, , , ref]) => ref)).toEqual([2])
    time.advanceBy(10_000)
    expect(eve.all('refused')).toMatchObject([{ ref: 1, code: 'delivery/unchecked', kind: 'retry' }])
    close()
  })

  it('[RL31] lets nobody in until they are known again', () => {
    const { client, other, time, lose, back, close } = stage()
    client({ token: 'kim', rooms: [join(1, 'r')] })
    lose()
    right(see(other.rooms.get('r').ban('eve')).only())
    const eve = client({ token: 'eve', rooms: [join(1, 'r')] })
    time.advanceBy(100)
    expect([eve.all('joined'), eve.all('left')]).toEqual([[], []])
    back()
    time.advanceBy(9_000)
    expect([eve.all('joined'), eve.all('left')]).toMatchObject([[], [{ ch: 1, code: 'room/banned' }]])
    lose()
    const ben = client({ token: 'ben', rooms: [join(1, 'r')] })
    time.advanceBy(10_100)
    expect([ben.all('joined'), ben.all('left')]).toMatchObject([[], [{ ch: 1, code: 'room/unavailable' }]])
    close()
  })
})
