import { delay, of, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { History, Permission } from '../../lib/protocol/frame.js'
import type { Engine } from '../../lib/server/engine.js'
import { brief } from '../protocol/rig.js'
import { join } from './support/peer.js'
import { type World, world, type WorldOptions } from './support/world.js'

const ask = (ch: number, more: Partial<Omit<History, 't' | 'ch'>> = {}): History => ({
  t: 'history',
  ch,
  room: 'r',
  count: 50,
  ...more,
})

const at = (offset: number, epoch = 'E1') => ({ epoch, offset })

/** A server whose room `r` has so many messages. */
const filled = (messages: number, options: WorldOptions = {}): World => {
  const here = world(options)
  for (let value = 1; value <= messages; value++) here.server.publish('r', 'e', value)
  here.time.advanceBy(0)
  return here
}

/** Offsets under a `ch`, and what came last. */
const answerTo = (peer: ReturnType<World['client']>, ch: number) => ({
  offsets: peer.all('h').flatMap((message) => (message[1] === ch ? [message[2]] : [])),
  end: brief(peer.frames())
    .filter((text) => text.startsWith(`page ${ch} `) || text.startsWith(`left ${ch} `))
    .at(-1),
})

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

describe('history', () => {
  it.each<[what: string, more: Partial<History>, from: number, to: number, end: string]>([
    ['the last of all', { count: 3 }, 98, 100, 'E1 11-100 after 97'],
    ['more than there is', { count: 500 }, 11, 100, 'E1 11-100 after 10'],
    ['before a message', { count: 3, before: at(50) }, 47, 49, 'E1 11-100 after 46'],
    ['before the next message', { count: 3, before: at(101) }, 98, 100, 'E1 11-100 after 97'],
    ['before what is left', { count: 3, before: at(12) }, 11, 11, 'E1 11-100 after 10'],
    ['before the first', { count: 3, before: at(11) }, 1, 0, 'E1 11-100 after 10'],
    ['before what is gone', { count: 3, before: at(5) }, 1, 0, 'E1 11-100 after 4'],
    ['before a place beyond the head', { count: 3, before: at(102) }, 1, 0, 'E1 11-100 after 100 epoch'],
    ['before a place in another log', { count: 3, before: at(50, 'E0') }, 1, 0, 'E1 11-100 after 100 epoch'],
    ['after a position', { count: 3, after: at(50) }, 51, 53, 'E1 11-100 after 50'],
    ['after the head', { count: 3, after: at(100) }, 1, 0, 'E1 11-100 after 100'],
    ['after what is gone', { count: 3, after: at(5) }, 11, 13, 'E1 11-100 after 10 truncated'],
    ['after a place beyond the head', { count: 3, after: at(101) }, 11, 13, 'E1 11-100 after 10 epoch'],
    ['after a place in another log', { count: 3, after: at(50, 'E0') }, 11, 13, 'E1 11-100 after 10 epoch'],
    ['as much as one page of the engine', { count: 200, after: at(10) }, 11, 100, 'E1 11-100 after 10'],
  ])('[PR91] [PR92] %s', (_, more, from, to, end) => {
    const { client, time } = filled(100, { memory: { messages: 90 } })
    const peer = client()
    peer.send(ask(1, more))
    time.advanceBy(0)
    expect(answerTo(peer, 1)).toEqual({ offsets: range(from, to), end: `page 1 ${end}` })
    expect(brief(peer.frames()).at(-1)).toMatch(/^page/)
  })

  it('[PR92] is answered with no more than the limit says, which the welcome announces', () => {
    const { client, time } = filled(100, { limits: { history: 20 } })
    const peer = client()
    expect(peer.all('welcome')[0]).toMatchObject({ limits: { history: 20 } })
    expect(peer.all('welcome')[0]?.can).toContain('history')
    peer.send(ask(1), ask(2, { after: at(0) }))
    time.advanceBy(0)
    expect([answerTo(peer, 1).offsets, answerTo(peer, 2).offsets]).toEqual([range(81, 100), range(1, 20)])
  })

  it('[PR93] needs the permissions and no join; of a room that was never used there is none', () => {
    const { client, time } = filled(5, {
      authenticate: ({ token = '' }) => of({ user: token }),
      authorize: ({ user }) =>
        of<Permission[]>(user === 'all' ? ['read', 'history'] : user === 'now' ? ['read'] : ['history']),
    })
    const [all, now, blind] = ['all', 'now', 'blind'].map((token) => client({ token }))
    for (const peer of [all!, now!, blind!]) peer.send(ask(1), ask(2, { room: '@rooms' }), ask(3, { room: 'new' }))
    time.advanceBy(0)
    expect(answerTo(all!, 1)).toEqual({ offsets: range(1, 5), end: 'page 1 E1 1-5 after 0' })
    expect([1, 2, 3].map((ch) => answerTo(now!, ch).end)).toEqual([
      'left 1 room/forbidden', 'left 2 room/forbidden', 'left 3 room/forbidden',
    ]) // prettier-ignore
    expect(answerTo(blind!, 1)).toEqual({ offsets: [], end: 'left 1 room/forbidden' })
    expect([answerTo(all!, 2).end, answerTo(all!, 3).end]).toEqual(['left 2 room/forbidden', 'left 3 room/not-found'])
  })

  it('[PR93] of a room in which nobody has published there is none, whatever is asked, also while it is followed', () => {
    const { client, time, memory } = filled(1)
    const peer = client({ rooms: [join(1, 'new')] })
    const after = { epoch: 'E1', offset: 0 }
    peer.send(ask(2, { room: 'new', after }), ask(3, { room: 'new', before: after }), ask(4, { room: 'other', after }))
    time.advanceBy(0)
    expect([2, 3, 4].map((ch) => answerTo(peer, ch))).toEqual(
      [2, 3, 4].map((ch) => ({ offsets: [], end: `left ${ch} room/not-found` })),
    )
    expect(memory.held().rooms).toBe(1)
  })

  it('[PR91] [PR39] has a ch of its own: used once, retired by leave', () => {
    const { client, time } = filled(100, { memory: { messages: 90 } })
    const peer = client({ rooms: [join(1, 'r')] })
    peer.send(ask(2), { t: 'leave', ch: 2 }, ask(3, { count: 1 }))
    time.advanceBy(0)
    expect([answerTo(peer, 2), answerTo(peer, 3).offsets]).toEqual([{ offsets: [], end: undefined }, [100]])
    peer.send(ask(3))
    expect(peer.closedWith()).toBe(4400)
  })

  it('[PR94] waits for a slow reader like all messages, and beyond 32 at a time it is refused', () => {
    const { client, time, server } = filled(2_000, { highWaterBytes: 4_096, limits: { history: 2_000 } })
    const peer = client({ rooms: [join(1, 'live')] })
    time.advanceBy(0)
    peer.stop()
    for (let ch = 2; ch < 40; ch++) peer.send(ask(ch, { count: 2_000 }))
    time.advanceBy(1_000)
    expect(peer.peak()).toBeLessThan(100_000)
    server.publish('live', 'e', 1)
    for (let round = 0; round < 4_000 && peer.buffered() > 0; round++) {
      peer.drain(8_192)
      time.advanceBy(1)
    }
    const ends = range(2, 39).map((ch) => answerTo(peer, ch).end?.replace(/^(page|left) \d+ /, ''))
    expect(ends.slice(0, 32)).toEqual(range(1, 32).map(() => 'E1 1-2000 after 0'))
    expect(ends.slice(32)).toEqual(range(1, 6).map(() => 'room/busy'))
    expect(answerTo(peer, 2).offsets).toEqual(range(1, 2_000))
    expect(peer.all('m').map(([, , offset]) => offset)).toEqual([1])
  })

  it('[PR91] a log that was begun anew or cut while it was read: what follows is no part of the answer', () => {
    const late = (engine: Engine): Engine => ({
      ...engine,
      read: (...what) =>
        of(0).pipe(
          delay(5, clock),
          switchMap(() => engine.read(...what)),
        ),
    })
    const { time: clock, client, memory, server } = filled(100, { engine: late })
    const peer = client()
    peer.send(ask(1, { after: at(0), count: 100 }), ask(2, { count: 100 }))
    clock.advanceBy(7)
    memory.forget('r')
    server.publish('r', 'e', 'new')
    clock.advanceBy(100)
    expect(answerTo(peer, 1)).toEqual({ offsets: range(1, 64), end: 'page 1 E1 1-100 after 0' })
    expect(answerTo(peer, 2)).toEqual({ offsets: range(1, 64), end: 'left 2 room/unavailable' })
  })

  it('[PR91] an engine that fails is room/unavailable, and told as a fault', () => {
    const failing = (engine: Engine): Engine => ({ ...engine, read: () => of(E.left({ message: 'no disk' })) })
    const { client, time, faults } = filled(10, { engine: failing })
    const peer = client()
    peer.send(ask(1))
    time.advanceBy(0)
    expect(answerTo(peer, 1).end).toBe('left 1 room/unavailable')
    expect(faults).toEqual([{ where: 'engine', message: 'no disk', room: 'r' }])
  })
})
