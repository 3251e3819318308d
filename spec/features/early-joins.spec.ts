import { endpoints } from '../../lib/features/endpoints/index.js'
import { earlyJoins } from '../../lib/features/endpoints/early-joins.js'
import { record, type RoomRecord } from '../../lib/rooms/record.js'
import { Chat, texts } from '../support/chat.js'
import { fleet } from '../support/fleet.js'
import { see } from '../support/seen.js'
import { joined } from '../support/stage.js'

/** A client that is asked to move; the hello on its way to the other server runs `then`. */
const moved = (then: (here: ReturnType<typeof atHello>) => void) => {
  const here = atHello()
  const { node, time } = here
  let isAsked = false
  node(1).network.frames$.subscribe(({ data, direction }) => {
    if (isAsked || direction !== 'up' || !String(data).includes('"hello"') || !here.isDrained()) return
    isAsked = true
    then(here)
  })
  here.drain()
  time.advanceBy(5_000)
  return here
}
const atHello = () => {
  const all = fleet(2, { latencyMs: 100 })
  const { client, node, urls, time } = all
  const heard: string[] = []
  node(1).network.frames$.subscribe(({ data, direction }) => {
    if (direction === 'up') heard.push(String(data))
  })
  const ana = client({ url: endpoints(urls), lingerMs: 0 })
  const [lobby, attic] = [see(ana.room('lobby', Chat).on('message')), see(ana.room('attic', Chat).on('message'))]
  time.advanceBy(3_000)
  let isDrained = false
  return {
    ...all,
    ana,
    lobby,
    attic,
    heard,
    isDrained: () => isDrained,
    drain: () => {
      isDrained = true
      node(0).server().drain({ to: '*', spreadMs: 0 })
    },
  }
}

const inRoom = (name: string, offset: number): RoomRecord => ({
  ...record(name),
  have: 'In',
  holds: 1,
  epoch: 'E',
  offset,
})
/** Joins with numbers from 8 on, what is under way of them, and what is left. */
const joins = () => {
  let last = 7
  const [underWay, left]: [number[], number[]] = [[], []]
  const all = earlyJoins({
    allot: () => ++last,
    waits: () => false,
    underWay: (_, ch) => underWay.push(ch),
    leave: (ch) => left.push(ch),
  })
  return { ...all, underWay, left }
}

describe('the joins of a client that moves', () => {
  it('[EP21] are in the hello, from the places of the rooms, and messages come from the present link until it is answered', () => {
    const { heard, lobby, ana, end } = moved(({ node }) => {
      node(1).server().publish('lobby', 'message', { text: 'meanwhile' }).subscribe()
    })
    const hello = heard.find((text) => text.includes('"hello"'))
    expect(hello).toContain('"rooms":["lobby","attic"]')
    expect(heard.filter((text) => text.includes('"join'))).toEqual([hello])
    expect(texts(lobby.all)).toEqual(['meanwhile'])
    expect(see(ana.room('attic', Chat).membership$).last()._tag).toBe('In')
    expect(end()).toBe(0)
  })

  it('[EP22] one that is left meanwhile is left at the next server too, and one that is joined meanwhile is joined there', () => {
    const { heard, ana, node, time, end } = moved(({ attic, ana: client }) => {
      attic.stop()
      see(client.room('cellar', Chat).on('message'))
    })
    expect(heard.filter((text) => text.includes('"leave"'))).toHaveLength(1)
    expect(node(1).server().metrics().members).toBe(2)
    for (const name of ['lobby', 'cellar']) see(ana.room(name, Chat).send('message', { text: name }))
    time.advanceBy(1_000)
    expect(['lobby', 'attic', 'cellar'].map((name) => see(ana.room(name, Chat).membership$).last()._tag)).toEqual([
      'In',
      'Out',
      'In',
    ])
    expect(end()).toBe(0)
  })

  it('[EP22] hold for the link of their hello alone, and for a room that is where it was or further', () => {
    const [a, b, c, d] = [inRoom('a', 5), inRoom('b', 5), inRoom('c', 5), inRoom('d', 5)]
    const all = joins()
    const frames = all.take(4, [a, b, c, d, { ...inRoom('unheld', 1), holds: 0 }], 60_000)
    expect(frames).toMatchObject([{ ch: 8, rooms: ['a', 'b', 'c', 'd'] }])
    a.offset = 9
    b.epoch = 'F'
    c.offset = 4
    all.follow(4)
    expect([a, b, c, d].map(all.adopt)).toEqual([true, false, false, true])
    all.rest()
    expect([all.underWay, all.left]).toEqual([
      [8, 11],
      [9, 10],
    ])
    all.take(5, [d], 60_000)
    all.follow(undefined)
    expect(all.adopt(d)).toBe(false)
    all.rest()
    expect(all.left).toEqual([9, 10])
  })

  it('[EP23] are answered for the place at which the room has arrived: a gap begins there', () => {
    const room = inRoom('lobby', 5)
    const all = joins()
    all.take(4, [room], 60_000)
    room.offset = 9
    all.follow(4)
    all.adopt(room)
    const answer = joined({ ch: 8 }, { epoch: 'E', base: 5, head: 12 })
    expect(all.answer(room, answer)).toMatchObject({ base: 9, head: 12 })
    // Another answer is that of a join of its own.
    expect(all.answer(room, answer)).toBe(answer)
    for (const other of [
      { epoch: 'E', base: 11 },
      { epoch: 'F', base: 3 },
    ]) {
      all.take(5, [room], 60_000)
      all.follow(5)
      all.adopt(room)
      expect(all.answer(room, { ...answer, ...other })).toMatchObject(other)
    }
  })
})
