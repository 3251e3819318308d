import { manyRooms } from '../../lib/features/bulk/index.js'
import { world } from '../../lib/testing/world.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, right, see, tags } from '../support/seen.js'
import { joinsOf, tap } from '../support/wire.js'

describe('holding a room', () => {
  it('[RM1] the first need joins, the last one leaves after lingerMs; any number between is one membership', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client({ lingerMs: 500 })
    const room = ana.room('lobby', Chat)
    const holders = [
      see(room.on('message')),
      see(room.on('typing')),
      see(room.messages()),
      see(ana.room('lobby', Chat).on('message')),
    ]
    see(room.join())
    time.advanceBy(100)
    expect(wire.joins().map(({ frame }) => frame.room)).toEqual(['lobby'])
    for (const holder of holders) holder.stop()
    time.advanceBy(1_000)
    expect(wire.up('leave')).toEqual([])
    room.leave()
    time.advanceBy(499)
    expect(wire.up('leave')).toEqual([])
    time.advanceBy(1)
    expect(wire.up('leave')).toHaveLength(1)
    time.advanceBy(10)
    expect(wire.members(1)).toEqual([])
    expect(end()).toBe(0)
  })

  it('[RM1] coming back while it lingers costs nothing and loses nothing', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const [ana, ben] = [client({ lingerMs: 500 }), client()]
    const room = ana.room('lobby', Chat)
    const first = see(room.on('message'))
    time.advanceBy(100)
    first.stop()
    time.advanceBy(400)
    const second = see(room.on('message'))
    time.advanceBy(10_000)
    ben.room('lobby', Chat).post('message', { text: 'still here' })
    time.advanceBy(100)
    expect(texts(second.all)).toEqual(['still here'])
    expect([wire.joins().length, wire.up('leave').length]).toEqual([1, 0])
    expect(end()).toBe(0)
  })

  it('[RM1] after it was left its position is forgotten: a later subscription starts live', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('lobby', Chat)
    const post = (text: string) => void ben.room('lobby', Chat).post('message', { text })
    see(room.on('message')).stop()
    time.advanceBy(1_000)
    post('missed')
    time.advanceBy(100)
    const later = see(room.on('message'))
    time.advanceBy(100)
    post('seen')
    time.advanceBy(100)
    expect(texts(later.all)).toEqual(['seen'])
    expect(end()).toBe(0)
  })

  it('[RM17] who lets go of a room before there is a link and comes back at once keeps it over every link', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client({ lingerMs: 500 }), client()]
    const room = ana.room('lobby', Chat)
    const post = (text: string) => void ben.room('lobby', Chat).post('message', { text })
    for (const stream of [room.on('message'), room.membership$]) see<unknown>(stream).stop()
    const [heard, membership] = [see(room.on('message')), see(room.membership$)]
    time.advanceBy(2_000)
    post('one')
    time.advanceBy(100)
    network.cut()
    time.advanceBy(10_000)
    post('two')
    time.advanceBy(100)
    expect(texts(heard.all)).toEqual(['one', 'two'])
    expect(tags(membership)).toEqual(['Joining', 'In', 'Recovering', 'In'])
    expect(end()).toBe(0)
  })

  it('[RM17] so does who comes back within the linger to a room that was refused', () => {
    let isOpen = false
    const { client, network, time, end } = world({ authorize: () => [isOpen ? ['read'] : []] })
    const wire = tap(network)
    const ana = client({ lingerMs: 500 })
    const room = ana.room('lobby', Chat)
    const [heard, watched] = [see(room.on('message')), see(room.membership$)]
    time.advanceBy(100)
    expect(tags(watched)).toEqual(['Joining', 'Refused'])
    heard.stop()
    watched.stop()
    isOpen = true
    see(room.on('message'))
    const membership = see(room.membership$)
    time.advanceBy(2_000)
    expect(tags(membership)).toEqual(['Joining', 'In'])
    network.cut()
    time.advanceBy(10_000)
    expect(wire.members(wire.lastLink())).toEqual(['lobby'])
    expect(end()).toBe(0)
  })

  it('[RM1] a room that is let go while the network is away is not joined on the next link', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    const [kept, let_go] = [see(ana.room('kept', Chat).on('message')), see(ana.room('let go', Chat).on('message'))]
    time.advanceBy(100)
    network.refuse(true)
    network.cut()
    time.advanceBy(10)
    let_go.stop()
    time.advanceBy(5_000)
    network.refuse(false)
    time.advanceBy(40_000)
    expect(wire.members(wire.lastLink())).toEqual(['kept'])
    expect(kept.isComplete()).toBe(false)
    expect(end()).toBe(0)
  })

  it('[RM1] a room that lingers over a reconnect is not joined again for nobody', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client({ lingerMs: 60_000 })
    const heard = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    heard.stop()
    time.advanceBy(100)
    network.cut()
    time.advanceBy(10_000)
    expect([wire.up('hello').length, wire.joins().length]).toEqual([2, 1])
    expect(wire.members(wire.lastLink())).toEqual([])
    expect(end()).toBe(0)
  })

  it('[RM1] all rooms held are joined again with the greeting, in as few frames as fit', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    const names = Array.from({ length: 3_000 }, (_, index) => `room ${index}`)
    see(manyRooms(ana, names, Chat).on('message'))
    time.advanceBy(1_000)
    const before = wire.messages().length
    network.cut()
    time.advanceBy(3_000)
    const greeting = wire.up('hello').at(-1)!.frame
    expect(joinsOf(greeting).length).toBeGreaterThan(1_500)
    const messages = wire.messages().slice(before)
    expect(messages.length).toBeLessThanOrEqual(4)
    for (const message of messages) expect(message.length).toBeLessThanOrEqual(64 * 1024)
    expect(wire.members(wire.lastLink())).toHaveLength(3_000)
    expect(end()).toBe(0)
  })
})

describe('handles', () => {
  it('[RM2] each has one hold of its own; leave() gives it back and says how many others hold the room', () => {
    const { client, time, end } = world()
    const ana = client()
    const [one, two] = [ana.room('lobby', Chat), ana.room('lobby', Chat)]
    const subscription = see(one.on('message'))
    see(one.join())
    see(one.join())
    see(two.join())
    time.advanceBy(100)
    const stillHeldBy = (leave: ReturnType<typeof one.leave>) => right(see(leave).only()).stillHeldBy
    expect(stillHeldBy(one.leave())).toBe(2)
    expect(stillHeldBy(one.leave())).toBe(2)
    subscription.stop()
    expect(stillHeldBy(one.leave())).toBe(1)
    expect(stillHeldBy(two.leave())).toBe(0)
    expect(stillHeldBy(ana.room('never', Chat).leave())).toBe(0)
    time.advanceBy(1_000)
    expect(tags(see(one.membership$))).toEqual(['Out'])
    expect(end()).toBe(0)
  })

  it('[RM2] a handle that is disposed of gives its hold back', () => {
    const { client, time, end } = world()
    const ana = client()
    {
      using room = ana.room('lobby', Chat)
      see(room.join())
      time.advanceBy(100)
      expect(tags(see(room.membership$))).toEqual(['In'])
    }
    time.advanceBy(1_000)
    expect(tags(see(ana.room('lobby', Chat).membership$))).toEqual(['Out'])
    expect(end()).toBe(0)
  })

  it('[RM2] leave() acts at the call and answers each subscriber the same', () => {
    const { client, time, end } = world()
    const room = client().room('lobby', Chat)
    see(room.join())
    time.advanceBy(100)
    const left$ = room.leave()
    time.advanceBy(1_000)
    expect(tags(see(room.membership$))).toEqual(['Out'])
    expect(see(left$).only()).toEqual(see(left$).only())
    expect(end()).toBe(0)
  })

  it('[RM2] a name that is none is refused by every operation, and nothing is sent', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    for (const name of ['', 'x'.repeat(257), '€'.repeat(86), 7, null, undefined, {}] as string[]) {
      const room = ana.room(name, Chat)
      expect(codeOf(see(room.join()).only())).toBe('room/invalid-name')
      expect(codeOf(see(room.on('message')).only())).toBe('room/invalid-name')
      expect(codeOf(see(room.send('message', { text: 'x' })).only())).toBe('room/invalid-name')
      expect(codeOf(see(room.post('message', { text: 'x' })).only())).toBe('room/invalid-name')
      expect(codeOf(see(manyRooms(ana, ['good', name], Chat).on('message')).only())).toBe('room/invalid-name')
      expect(see(room.membership$).only()).toMatchObject({ _tag: 'Refused', error: { code: 'room/invalid-name' } })
    }
    time.advanceBy(1_000)
    expect(wire.messages()).toEqual([])
    expect(end()).toBe(0)
  })
})
