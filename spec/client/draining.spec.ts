import * as E from '#fp/Either'
import { tap } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Start } from '../../lib/index.js'
import { nothingLeft } from '../../lib/client/draining.js'
import { memory } from '../../lib/store/memory.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { commits, stored } from '../../lib/features/history/index.js'
import { data, Numbers } from '../support/chat.js'
import { lives } from '../support/lives.js'
import { mortal } from '../support/mortal.js'
import { right, see } from '../support/seen.js'

const manual = stored({ commit: 'manual' })

describe('close', () => {
  const working = () => {
    const made = lives()
    const worker = made.life({ token: tokens(() => 'ana') })
    const room = worker.client.room('in', Numbers).with(commits)
    const seen = see(room.on('message', { from: manual }))
    made.time.advanceBy(1_000)
    const feed = (...numbers: readonly number[]): void => {
      for (const number of numbers) made.server().publish('in', 'message', number)
      made.time.advanceBy(50)
    }
    return { ...made, ...worker, room, seen, feed }
  }

  it('[CT40] answers at once where nothing is under way', () => {
    const { client, time, end } = working()
    const closed = see(client.close())
    time.advanceBy(0)
    expect(closed.only()).toEqual(E.right(nothingLeft))
    expect(end()).toBe(0)
  })

  it('[CT40] offers nothing more, and waits until what was offered is committed', () => {
    const { client, room, seen, feed, time, life, end } = working()
    feed(1, 2)
    const closed = see(client.close())
    feed(3)
    expect([data(seen.all), closed.all]).toEqual([[1, 2], []])
    room.commit(right(seen.all[0]!).position)
    time.advanceBy(1_000)
    expect(closed.all).toEqual([])
    room.commit(right(seen.all[1]!))
    time.advanceBy(10)
    expect([closed.only(), seen.isComplete()]).toEqual([E.right(nothingLeft), true])
    const next = see(life().client.room('in', Numbers).on('message', { from: manual }))
    time.advanceBy(1_000)
    expect(next.all.map((each) => [right(each).data, right(each).redelivered])).toEqual([[3, false]])
    expect(end()).toBe(0)
  })

  it('[CT40] waits for receipts, also of what a late commit has led to', () => {
    const { client, room, seen, feed, time, log, end } = working()
    feed(1)
    const closed = see(client.close())
    const sent = see(client.room('lobby', Numbers).post('message', 7))
    room.commit(right(seen.all[0]!).position)
    time.advanceBy(1_000)
    expect([right(sent.only()).room, closed.only()]).toEqual(['lobby', E.right(nothingLeft)])
    expect(log()).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[CT40] says after drainMs what is left, and what the next run does with it', () => {
    const { client, room, seen, feed, time, unplug, life, end } = working()
    feed(1, 2)
    unplug()
    time.advanceBy(100)
    room.post('message', 8)
    const sent = see(room.send('message', 9))
    time.advanceBy(10)
    const closed = see(client.close({ drainMs: 3_000 }))
    time.advanceBy(2_990)
    expect(closed.all).toEqual([])
    time.advanceBy(10)
    const { undelivered, stored: kept, uncommitted } = right(closed.only())
    const { epoch } = right(seen.all[0]!).position
    expect([undelivered, kept, uncommitted]).toEqual([
      1,
      1,
      [{ room: 'in', after: { epoch, offset: 0 }, upTo: { epoch, offset: 2 } }],
    ])
    expect(sent.only()).toMatchObject({ left: { code: 'delivery/closed', executed: 'no' } })
    const next = see(life().client.room('in', Numbers).on('message', { from: manual }))
    time.advanceBy(60_000)
    expect(next.all.map((each) => [right(each).data, right(each).redelivered])).toEqual([
      [1, true],
      [2, true],
      [8, false],
    ])
    expect(end()).toBe(0)
  })

  it('[CT40] called again it may shorten the wait, and answers the same', () => {
    const { client, feed, time, end } = working()
    feed(1)
    const first = see(client.close({ drainMs: 60_000 }))
    const second = see(client.close({ drainMs: 0 }))
    time.advanceBy(0)
    expect(first.only()).toEqual(second.only())
    expect(right(first.only()).uncommitted).toHaveLength(1)
    expect(end()).toBe(0)
  })
})

describe('a process that exits when close has answered', () => {
  const lateMs = 40
  const exiting = (from: Start) => {
    const store = memory()
    const made = lives({}, store)
    const as = mortal(store, { ms: lateMs, scheduler: made.time })
    const { client, kill } = made.life({}, as)
    const room = client.room('r', Numbers).with(commits)
    const seen = see(room.on('message', { from }))
    made.time.advanceBy(10_000)
    for (const number of [1, 2, 3]) made.server().publish('r', 'message', number)
    made.time.advanceBy(lateMs * 2)
    return { ...made, client, room, kill, seen, as }
  }

  it.each([
    ['automatic', stored()],
    ['manual', manual],
  ])('[HI10] %s: has stored everything: nothing is offered again, and nothing is marked', (_, from) => {
    const { client, room, kill, seen, time, life, server, end } = exiting(from)
    for (const each of seen.all) void room.commit(right(each))
    const closed = see(client.close().pipe(tap(kill)))
    expect(closed.all).toEqual([])
    time.advanceBy(10_000)
    expect(closed.only()).toEqual(E.right(nothingLeft))
    server().publish('r', 'message', 4)
    const next = see(life().client.room('r', Numbers).on('message', { from }))
    time.advanceBy(10_000)
    expect(next.all.map((each) => [right(each).data, right(each).redelivered])).toEqual([[4, false]])
    expect(end()).toBe(0)
  })

  it('[CT40] waits for no store with drainMs: 0, also if it was called before', () => {
    const { client, as, end } = exiting(stored())
    as.die()
    const closed = [see(client.close()), see(client.close({ drainMs: 0 }))]
    expect(closed.map((each) => each.only())).toEqual([E.right(nothingLeft), E.right(nothingLeft)])
    expect(end()).toBe(0)
  })

  it('[CT40] does not wait longer than storing.openMs for a store that does not answer', () => {
    const { client, as, time, end } = exiting(stored())
    as.die()
    const closed = see(client.close())
    time.advanceBy(4_990)
    expect(closed.all).toEqual([])
    time.advanceBy(10)
    expect(closed.only()).toEqual(E.right(nothingLeft))
    expect(end()).toBe(0)
  })
})

describe('a position that is stored', () => {
  it('[HI10] moves with every message, also with those that came while the client was away', () => {
    const { life, server, time, end } = lives()
    const run = (publish?: string): readonly unknown[] => {
      const { client } = life()
      const seen = see(client.room('r', Numbers).on('message', { from: stored() }))
      time.advanceBy(10_000)
      if (publish === 'live') server().publish('r', 'message', 1)
      time.advanceBy(10_000)
      client.close()
      time.advanceBy(1_000)
      return data(seen.all)
    }
    expect(run('live')).toEqual([1])
    server().publish('r', 'message', 2)
    time.advanceBy(1)
    expect([run(), run(), run()]).toEqual([[2], [], []])
    expect(end()).toBe(0)
  })

  it('[ST27] is kept of as many rooms as are consumed; a limit below that is reported, and costs those beyond it alone', () => {
    const names = Array.from({ length: 1_001 }, (_, k) => `r${k}`)
    for (const positions of [1_000, 2_000]) {
      const { life, server, time, end } = lives()
      const run = () => {
        const { client, told } = life({ storing: { positions } })
        const seen = see(manyRooms(client, names, Numbers).on('message', { from: stored() }))
        time.advanceBy(10_000)
        return { client, told, seen }
      }
      const first = run()
      first.client.close()
      time.advanceBy(1_000)
      for (const name of names) server().publish(name, 'message', 1)
      time.advanceBy(1)
      const second = run()
      const isLimited = positions < names.length
      expect(second.seen.all).toHaveLength(isLimited ? positions : names.length)
      expect(first.told()).toEqual(
        isLimited
          ? [
              'StoreFailed: storing.positions is 1000: the position of r1000 is not kept. Raise it to the number of rooms.',
            ]
          : [],
      )
      expect(end()).toBe(0)
    }
  })
})
