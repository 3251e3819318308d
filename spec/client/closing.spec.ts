import * as E from '#fp/Either'
import { nothingLeft } from '../../lib/client/draining.js'
import type { Client } from '../../lib/client/client.js'
import { world } from '../../lib/testing/world.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { metrics, outbox } from '../../lib/features/observe/index.js'
import { Chat } from '../support/chat.js'
import { codeOf, left, right, see } from '../support/seen.js'

/** Every stream of a client and a room. */
const streams = (client: Client) => {
  const room = client.room('lobby', Chat)
  return [
    see(client.state$),
    see(client.session$),
    see(client.with(metrics).metrics$),
    see(client.with(outbox).outbox$),
    see(client.faults$),
    see(client.undelivered$),
    see(room.membership$),
    see(room.on('message')),
    see(room.messages()),
    see(manyRooms(client, ['a', 'b'], Chat).on('message')),
    see(manyRooms(client, [], Chat).on('message')),
  ] as const
}

describe('close()', () => {
  it.each<[string, number]>([
    ['before anything happened', 0],
    ['while the socket opens', 1],
    ['while it greets', 3],
    ['online', 1_000],
  ])('[CT5] completes every stream and releases every timer and socket, %s', (_, ms) => {
    const { client, network, time, timers } = world()
    const ana = client()
    const all = streams(ana)
    time.advanceBy(ms)
    const answer = see(ana.close())
    time.advanceBy(0)
    expect(answer.only()).toEqual(E.right(nothingLeft))
    expect(all.map((seen) => seen.isComplete())).toEqual(all.map(() => true))
    expect(timers()).toBe(0)
    time.advanceBy(10)
    expect(network.links()).toBe(0)
  })

  it('[CT5] completes streams at once that are subscribed to when it is closed, and leaves no timer', () => {
    const { client, time, timers } = world()
    const ana = client()
    ana.connect()
    time.advanceBy(100)
    ana.close()
    const all = streams(ana)
    time.advanceBy(0)
    expect(all.map((seen) => seen.isComplete())).toEqual(all.map(() => true))
    expect(all[0].all.at(-1)).toMatchObject({ _tag: 'Closed' })
    expect(all[2].all.at(-1)).toMatchObject({ connections: 1 })
    expect(timers()).toBe(0)
  })

  it('[CT5] settles what waits: joins, sends and posts, each with a Left that says whether it may have been executed', () => {
    const { client, network, time, end } = world()
    const ana = client()
    const lobby = ana.room('lobby', Chat)
    ana.connect()
    time.advanceBy(100)
    network.freeze()
    const written = see(lobby.send('message', { text: 'written' }))
    time.advanceBy(10)
    network.cut()
    time.advanceBy(10)
    const waiting = see(lobby.post('message', { text: 'waiting' }))
    const join = see(ana.room('other', Chat).join())
    ana.close({ drainMs: 0 })
    time.advanceBy(0)
    expect(left(written.only())).toMatchObject({ code: 'delivery/closed', executed: 'unknown' })
    expect(left(waiting.only())).toMatchObject({ code: 'delivery/closed', executed: 'no' })
    expect(codeOf(join.only())).toBe('connection/client-closed')
    expect(end()).toBe(0)
  })

  it('[CT5] answers once and is the same however often it is called', () => {
    const { client, time, end } = world()
    const ana = client()
    const [first, second, third] = [see(ana.close()), see(ana.close()), see(ana.close({ drainMs: 1_000 }))]
    time.advanceBy(0)
    for (const answer of [first, second, third]) expect(answer.only()).toEqual(E.right(nothingLeft))
    expect(end()).toBe(0)
  })

  it('[CT5] waits for messages under way up to drainMs', () => {
    const { client, time, end } = world({ latencyMs: 50 })
    const ana = client()
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'last words' }))
    const answer = see(ana.close({ drainMs: 10_000 }))
    time.advanceBy(199)
    expect(answer.all).toEqual([])
    time.advanceBy(200)
    expect(right(sent.only()).position.offset).toBe(1)
    expect(answer.only()).toEqual(E.right(nothingLeft))
    expect(time.now()).toBeLessThan(1_000)
    expect(end()).toBe(0)
  })

  it('[CT5] gives up on messages under way after drainMs, and at once when it is called again without', () => {
    const { client, network, time, end } = world()
    network.refuse(true)
    const [patient, hasty] = [client(), client()]
    const sends = [patient, hasty].map((each) => see(each.room('lobby', Chat).send('message', { text: 'x' })))
    const slow = see(patient.close({ drainMs: 10_000 }))
    const quick = see(hasty.close({ drainMs: 10_000 }))
    time.advanceBy(100)
    hasty.close({ drainMs: 0 })
    time.advanceBy(0)
    expect([slow.all.length, quick.all.length]).toEqual([0, 1])
    time.advanceBy(9_899)
    expect(slow.all).toEqual([])
    time.advanceBy(1)
    expect(slow.only()).toEqual(E.right({ undelivered: 1, stored: 0, uncommitted: [] }))
    for (const sent of sends) expect(left(sent.only())).toMatchObject({ code: 'delivery/closed', executed: 'no' })
    expect(end()).toBe(0)
  })

  it('[CT6] is what `using` does', () => {
    const { client, time, timers } = world()
    const closed = ((): (() => boolean) => {
      using ana = client()
      const state = see(ana.state$)
      see(ana.room('lobby', Chat).on('message'))
      time.advanceBy(100)
      expect(state.last()._tag).toBe('Online')
      return state.isComplete
    })()
    time.advanceBy(0)
    expect(closed()).toBe(true)
    expect(timers()).toBe(0)
  })
})
