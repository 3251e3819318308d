import { tokens } from '../../lib/kernel/tokens.js'
import type { OnOptions } from '../../lib/client/room.js'
import { after, last } from '../../lib/features/history/start.js'
import { metrics } from '../../lib/features/observe/index.js'
import type { Position } from '../../lib/core/position.js'
import type { RoomError } from '../../lib/core/error.js'
import { world } from '../../lib/testing/world.js'
import { Chat, data, Numbers } from '../support/chat.js'
import { left, right, see, tags } from '../support/seen.js'
import { admits, greets, joined, msg, stage } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

/** A client in `lobby` of a server that the spec plays. */
const inLobby = () => {
  const here = stage((frame, to) => {
    if ('t' in frame && frame.t === 'hello') greets({ ...frame, rooms: [] }, to)
    for (const join of joinsOf(frame)) to.say(joined(join, { permissions: ['read'] }))
  })
  const ana = here.client()
  const room = ana.room('lobby', Numbers)
  const heard = see(room.on('message'))
  here.time.advanceBy(100)
  const say = (...offsets: readonly number[]): void => {
    here.actor().say(...offsets.map((offset) => msg(here.actor().joins()[0]!.ch, offset)))
    here.time.advanceBy(10)
  }
  return { ...here, ana, room, heard, say }
}

const gapOf = (result: Parameters<typeof left>[0]) => (left(result) as RoomError).gap

describe('messages of a room', () => {
  it('[RM7] come once, in order, whatever is repeated', () => {
    const { ana, heard, say } = inLobby()
    say(1, 2)
    say(2, 1, 3)
    expect(data(heard.all)).toEqual([1, 2, 3])
    ana.close()
  })

  it('[RM7] that are missing are a value at their place, counted, once in each stream, and what follows goes on', () => {
    const { ana, room, heard, say } = inLobby()
    const [other, events] = [see(room.on('message')), see(room.messages())]
    say(1, 2, 5, 6)
    for (const seen of [heard, other, events]) {
      expect(data(seen.all)).toEqual([1, 2, 'room/gap', 5, 6])
      expect(gapOf(seen.all[2]!)).toEqual({
        room: 'lobby',
        from: { epoch: 'E', offset: 2 },
        to: { epoch: 'E', offset: 4 },
        because: 'lost',
        missing: 2,
      })
    }
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ gaps: 1, messagesIn: 4 })
    ana.close()
  })

  it('[RM7] that are not due to this client (prev) are no gap, and a gap that the server tells is told on', () => {
    const { ana, actor, time, heard } = inLobby()
    const skipping = [...msg(1, 5), { prev: 1 }] as unknown as ReturnType<typeof msg>
    actor().say(msg(1, 1), skipping)
    actor().say(
      { t: 'gap', ch: 1, from: { epoch: 'E', offset: 5 }, to: { epoch: 'E', offset: 9 }, because: 'overflow' },
      msg(1, 10),
    )
    time.advanceBy(10)
    expect(data(heard.all)).toEqual([1, 5, 'room/gap', 10])
    expect(gapOf(heard.all[2]!)).toMatchObject({ because: 'overflow', missing: 4 })
    ana.close()
  })

  it('[RM7] of a channel that is no more are dropped and counted', () => {
    const { ana, actor, time, heard } = inLobby()
    heard.stop()
    time.advanceBy(1_000)
    const again = see(ana.room('lobby', Numbers).on('message'))
    time.advanceBy(10)
    actor().say(msg(1, 1), msg(2, 1))
    time.advanceBy(10)
    expect(data(again.all)).toEqual([1])
    expect(see(ana.with(metrics).metrics$).last()).toMatchObject({ stale: 1 })
    ana.close()
  })

  it('[RM8] of this client come back in their place, own, under the id of the receipt; of others they are not own', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Chat)
    const [mine, his] = [see(room.on('message')), see(ben.room('lobby', Chat).on('message'))]
    time.advanceBy(100)
    const receipt = see(room.send('message', { text: 'a' }))
    time.advanceBy(100)
    network.cut()
    const late = see(room.send('message', { text: 'b' }))
    time.advanceBy(5_000)
    const seen = mine.all.map((message) => right(message))
    expect(seen.map(({ id, own, position: { offset } }) => [id, own, offset])).toEqual([
      [right(receipt.only()).id, true, 1],
      [right(late.only()).id, true, 2],
    ])
    expect(his.all.map((message) => right(message).own)).toEqual([false, false])
    expect(his.all.map((message) => right(message).id)).toEqual(seen.map(({ id }) => id))
    expect(end()).toBe(0)
  })

  it('[RM8] say where, when, from whom, and whether they were logged before the join', () => {
    const { client, time, end } = world({ authenticate: ({ token }) => [{ user: token ?? '' }] })
    const [ana, ben] = [client({ token: tokens(() => 'ana') }), client({ token: tokens(() => 'ben') })]
    ben.room('lobby', Chat).post('message', { text: 'before' })
    time.advanceBy(1_000)
    const heard = see(ana.room('lobby', Chat).on('message', { from: last(1) }))
    time.advanceBy(1_000)
    ben.room('lobby', Chat).post('typing')
    ben.room('lobby', Chat).post('message', { text: 'after' })
    time.advanceBy(1_000)
    const [before, after] = heard.all.map((message) => right(message))
    expect(before).toMatchObject({ room: 'lobby', event: 'message', recovered: true, redelivered: false, own: false })
    expect(before!.position).toEqual({ epoch: after!.position.epoch, offset: 1 })
    expect([before!.from.user, after!.recovered, after!.position.offset]).toEqual(['ben', false, 3])
    expect(after!.at - before!.at).toBeGreaterThan(1_900)
    expect(end()).toBe(0)
  })
})

describe('where a subscription starts', () => {
  const filled = () => {
    const here = world()
    const ben = here.client()
    const post = (value: number): void => {
      ben.room('lobby', Numbers).post('message', value)
      here.time.advanceBy(10)
    }
    for (let value = 1; value <= 5; value++) post(value)
    here.time.advanceBy(100)
    return { ...here, post }
  }

  it('[RM9] live: with what comes next; { last }: with so many before; a position: after it', () => {
    const { client, time, post, end } = filled()
    const from = (start?: OnOptions['from']) =>
      see(
        client()
          .room('lobby', Numbers)
          .on('message', start ? { from: start } : {}),
      )
    const live = from()
    const [two, many] = [from(last(2)), from(last(99))]
    time.advanceBy(100)
    const position: Position = { ...right(two.all[0]!).position, offset: 3 }
    const [rest, all] = [from(after(position)), from(after({ ...position, offset: 0 }))]
    time.advanceBy(100)
    post(6)
    time.advanceBy(100)
    expect([live, two, many, rest, all].map((seen) => data(seen.all))).toEqual([
      [6],
      [4, 5, 6],
      [1, 2, 3, 4, 5, 6],
      [4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ])
    expect(end()).toBe(0)
  })

  it('[RM9] after a position that the server no longer has: one gap, then what it has', () => {
    const { client, time, post, end } = filled()
    const stranger = see(
      client()
        .room('lobby', Numbers)
        .on('message', { from: after({ epoch: 'of old', offset: 2 }) }),
    )
    const ahead = see(
      client()
        .room('lobby', Numbers)
        .on('message', { from: after({ epoch: 'epoch-1', offset: 99 }) }),
    )
    time.advanceBy(100)
    post(6)
    time.advanceBy(100)
    for (const seen of [stranger, ahead]) {
      expect(data(seen.all)).toEqual(['room/gap', 1, 2, 3, 4, 5, 6])
      expect(gapOf(seen.all[0]!)).toMatchObject({ because: 'epoch', to: { epoch: 'epoch-1', offset: 0 } })
    }
    expect(end()).toBe(0)
  })

  it('[RM9] is where each asked, however many wait for the join; it is kept until that is answered, on whatever link', () => {
    const { client, network, time, post, end } = filled()
    const room = client().room('lobby', Numbers)
    network.refuse(true)
    const streams = ([last(2), last(5), 'live', last(2)] as const).map((from) => see(room.on('message', { from })))
    time.advanceBy(5_000)
    network.refuse(false)
    time.advanceBy(30_000)
    network.cut()
    post(6)
    time.advanceBy(5_000)
    expect(streams.map((seen) => data(seen.all))).toEqual([[4, 5, 6], [1, 2, 3, 4, 5, 6], [6], [4, 5, 6]])
    expect(end()).toBe(0)
  })

  it('[RM13] a room that the server started anew: one gap in each stream, then all of the new log', () => {
    const { client, time, post, restart, end } = filled()
    const [ana, room] = [client(), client().room('lobby', Numbers)]
    const streams = [see(room.on('message', { from: last(1) })), see(room.messages({ from: last(1) }))]
    time.advanceBy(100)
    restart({ engine: 'new' })
    post(10)
    post(11)
    time.advanceBy(5_000)
    post(12)
    time.advanceBy(100)
    expect(streams.map((seen) => data(seen.all))).toEqual([
      [5, 'room/gap', 10, 11, 12],
      [5, 'room/gap', 10, 11, 12],
    ])
    expect(gapOf(streams[0]!.all[1]!)).toMatchObject({ because: 'epoch', from: { offset: 5 }, to: { offset: 0 } })
    expect(gapOf(streams[0]!.all[1]!)?.missing).toBeUndefined()
    ana.close()
    expect(end()).toBe(0)
  })

  it('[RM13] a log that was cut while the client was away: one gap that says how many', () => {
    const { client, network, time, end } = world({ memory: { messages: 10 } })
    const [ana, ben] = [client(), client()]
    const heard = see(ana.room('lobby', Numbers).on('message'))
    time.advanceBy(100)
    ana.disconnect()
    for (let value = 1; value <= 25; value++) ben.room('lobby', Numbers).post('message', value)
    time.advanceBy(100)
    ana.connect()
    time.advanceBy(100)
    expect(data(heard.all)).toEqual(['room/gap', 16, 17, 18, 19, 20, 21, 22, 23, 24, 25])
    expect(gapOf(heard.all[0]!)).toMatchObject({ because: 'truncated', missing: 15 })
    expect(network.links()).toBe(2)
    expect(end()).toBe(0)
  })
})

describe('a frame that holds more than one thing', () => {
  it('[RM14] [P12] of [joined, m1, m2] loses neither, also for who subscribes inside the notification of In', () => {
    const { client, time } = stage((frame, to) => {
      if ('t' in frame && frame.t === 'hello') admits({ ...frame, rooms: [] }, to)
      for (const join of joinsOf(frame)) to.say(joined(join), msg(join.ch, 1), msg(join.ch, 2))
    })
    const ana = client()
    const room = ana.room('lobby', Numbers)
    const heard = see(room.on('message'))
    const inside: unknown[] = []
    const membership = see(room.membership$)
    room.membership$.subscribe(({ _tag }) => {
      if (_tag === 'In') room.on('message').subscribe((message) => inside.push(right(message).data))
    })
    time.advanceBy(100)
    expect([data(heard.all), inside, tags(membership).at(-1)]).toEqual([[1, 2], [1, 2], 'In'])
    ana.close()
  })
})
