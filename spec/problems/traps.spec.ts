import { type Observable, retry, scan, switchMap } from 'rxjs'
import * as E from '#fp/Either'
import type { Client } from '../../lib/client/client.js'
import type { Result } from '../../lib/core/result.js'
import { world } from '../../lib/testing/world.js'
import { Numbers } from '../support/chat.js'
import { overflowing } from '../support/overflow.js'
import { right, see, tags } from '../support/seen.js'

const DAY = 24 * 3_600_000

describe('traps of RxJS', () => {
  it('[T1] an operation holds its result and nothing else: no timer, no link, no interest is kept by who subscribed', () => {
    const { client, network, time, timers, end } = world()
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const operations = [ana.connect(), room.join(), room.post('message', 1), room.send('message', 2)]
    const answers = operations.flatMap((operation$) =>
      Array.from({ length: 10 }, () => see<Result<unknown>>(operation$)),
    )
    time.advanceBy(1_000)
    for (const answer of answers) expect(answer.only()._tag).toBe('Right')
    room.leave()
    ana.disconnect()
    time.advanceBy(20_000)
    expect([timers(), network.links()]).toEqual([0, 0])
    expect(end()).toBe(0)
  })

  it('[T1] a state that nobody listens to is not kept for anybody: the room is forgotten with its last watcher', () => {
    const { client, time, end } = world()
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const watchers = [see(room.membership$), see(room.membership$)]
    const heard = see(room.on('message'))
    time.advanceBy(100)
    heard.stop()
    time.advanceBy(1_000)
    for (const watcher of watchers) watcher.stop()
    time.advanceBy(100)
    expect(tags(see(room.membership$))).toEqual(['Out'])
    expect(end()).toBe(0)
  })

  it('[T3] siblings never contradict each other: Online has a session, In is Online, and no state is told twice', () => {
    const { client, network, time, restart, end } = world()
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const contradictions: string[] = []
    const now = <T>(stream: Observable<T>): T => {
      const seen = see(stream)
      seen.stop()
      return seen.last()
    }
    const check = (): void => {
      const [state, session, member] = [now(ana.state$), now(ana.session$), now(room.membership$)]
      if (state._tag === 'Online' && session._tag !== 'Active') contradictions.push(`Online, ${session._tag}`)
      if (member._tag === 'In' && state._tag !== 'Online') contradictions.push(`In, ${state._tag}`)
    }
    const streams: Observable<unknown>[] = [ana.state$, ana.session$, room.membership$, room.on('message')]
    for (const stream of streams) stream.subscribe(check)
    const state = see(ana.state$)
    for (let round = 0; round < 5; round++) {
      time.advanceBy(8_000)
      if (round % 2 === 0) network.cut()
      else restart({ engine: 'new' })
      time.advanceBy(8_000)
      ana.disconnect()
      time.advanceBy(100)
      ana.connect()
    }
    expect(contradictions).toEqual([])
    const told = state.all.map((each) => JSON.stringify(each))
    expect(told.filter((each, index) => each === told[index + 1])).toEqual([])
    expect(end()).toBe(0)
  })

  it('[T4] the order of subscription decides nothing', () => {
    const kinds = ['state', 'session', 'membership', 'messages', 'events'] as const
    const told = (order: readonly (typeof kinds)[number][]): string => {
      const { client, network, time, end } = world({ seed: 4 })
      const ana = client({ autoConnect: false })
      const room = ana.room('lobby', Numbers)
      const all: Record<string, unknown> = {}
      const streams = {
        state: () => see(ana.state$).all,
        session: () => see(ana.session$).all,
        membership: () => see(room.membership$).all,
        messages: () => see(room.on('message')).all,
        events: () => see(room.messages()).all,
      }
      // Held from the start, so that whoever comes first does not make the difference.
      see(room.join())
      for (const kind of order) all[kind] = streams[kind]()
      ana.connect()
      time.advanceBy(100)
      room.post('message', 1)
      time.advanceBy(100)
      network.cut()
      time.advanceBy(5_000)
      room.post('message', 2)
      time.advanceBy(100)
      expect(end()).toBe(0)
      return JSON.stringify(kinds.map((kind) => all[kind]))
    }
    const orders = kinds.map((_, shift) => [...kinds.slice(shift), ...kinds.slice(0, shift)])
    const all = new Set([...orders, ...orders.map((order) => [...order].reverse())].map(told))
    expect(all.size).toBe(1)
  })

  it('[T7] what operators gathered outlives every reconnect, and who resubscribes takes nothing from others', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Numbers)
    const sums: number[] = []
    room
      .on('message')
      .pipe(scan((sum, message) => sum + right(message).data, 0))
      .subscribe((sum) => sums.push(sum))
    // A pipeline of somebody whose operator fails now and then, and who subscribes again.
    const flaky: number[] = []
    room
      .on('message')
      .pipe(
        switchMap((message) => {
          const { data } = right(message)
          if (data === 3) throw new Error('flaky')
          return [data]
        }),
        retry(),
      )
      .subscribe((value) => flaky.push(value))
    for (let value = 1; value <= 6; value++) {
      time.advanceBy(1_000)
      network.cut()
      ben.room('lobby', Numbers).post('message', value)
      time.advanceBy(10_000)
    }
    expect(sums).toEqual([1, 3, 6, 10, 15, 21])
    expect(flaky).toEqual([1, 2, 4, 5, 6])
    expect(end()).toBe(0)
  })

  it('[T12] waits beyond 2³¹ − 1 ms do not end at once', () => {
    const { client, time, end } = world()
    const scheduler = overflowing(time)
    const ana = client({ scheduler, autoConnect: false, outbox: { ageMs: 40 * DAY } })
    const room = ana.room('lobby', Numbers)
    const [posted, sent] = [see(room.post('message', 1)), see(room.send('message', 2, { withinMs: 30 * DAY }))]
    time.advanceBy(29 * DAY)
    expect([posted.all, sent.all]).toEqual([[], []])
    time.advanceBy(1.1 * DAY)
    expect([posted.all.length, E.isLeft(sent.only())]).toEqual([0, true])
    time.advanceBy(10 * DAY)
    expect(E.isLeft(posted.only())).toBe(true)
    expect(scheduler.tooLong).toEqual([])
    expect(end()).toBe(0)
  })

  it.each<[string, (ana: Client) => unknown]>([
    ['disconnect()', (ana) => ana.disconnect()],
    ['close()', (ana) => ana.close()],
  ])('[T16] %s while the socket opens abandons it, and a reconnect makes one new: nothing leaks', (_, leave) => {
    for (let ms = 0; ms <= 6; ms++) {
      const { client, network, time, end } = world()
      const ana = client()
      ana.connect()
      time.advanceBy(ms / 2)
      leave(ana)
      time.advanceBy(10)
      expect(network.links()).toBe(0)
      ana.connect()
      ana.disconnect()
      ana.connect()
      time.advanceBy(100)
      expect(network.links()).toBe(see(ana.state$).last()._tag === 'Closed' ? 0 : 1)
      expect(end()).toBe(0)
    }
  })

  it('[T19] what teardown calls sees whole states, and its effects come after it', () => {
    const { client, time, end } = world()
    const ana = client()
    const rooms = ['a', 'b'].map((name) => ana.room(name, Numbers))
    const seen: string[] = []
    const outer = rooms[0]!
      .on('message')
      .pipe(switchMap(() => rooms[1]!.on('message')))
      .subscribe()
    outer.add(() => {
      rooms[0]!.post('message', 1)
      rooms[1]!.leave().subscribe((answer) => seen.push(`held by ${right(answer).stillHeldBy}`))
      rooms[0]!.leave().subscribe((answer) => seen.push(`held by ${right(answer).stillHeldBy}`))
      rooms[1]!.membership$.subscribe(({ _tag }) => seen.push(_tag)).unsubscribe()
    })
    see(rooms[1]!.join())
    time.advanceBy(100)
    outer.unsubscribe()
    expect(seen).toEqual(['held by 0', 'held by 0', 'In'])
    time.advanceBy(1_000)
    expect(rooms.map((room) => tags(see(room.membership$)).at(-1))).toEqual(['Out', 'Out'])
    expect(end()).toBe(0)
  })
})
