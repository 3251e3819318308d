import { world } from '../../lib/testing/world.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const last = <T>(all: readonly T[]): T => all.at(-1)!

describe('room.send', () => {
  it('[CT9] sends nothing before it is subscribed to', () => {
    const { client, network, time, end } = world()
    const ana = client()
    ana.connect()
    time.advanceBy(100)
    const wire = tap(network)
    ana.room('lobby', Chat).send('message', { text: 'unsent' })
    time.advanceBy(1_000)
    expect(wire.messages()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[CT9] takes payload and id at the call: what changes later does not matter', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    const payload = { text: 'as it was' }
    const lobby = ana.room('lobby', Chat)
    const [first$, second$] = [lobby.send('message', payload), lobby.send('message', { text: 'second' })]
    payload.text = 'changed'
    const second = see(second$)
    const first = see(first$)
    time.advanceBy(100)
    expect(wire.up('p').map(({ frame }) => frame[8])).toEqual([{ text: 'second' }, { text: 'as it was' }])
    const ids = wire.up('p').map(({ frame }) => frame[6])
    expect([right(second.only()).id, right(first.only()).id]).toEqual(ids)
    expect(new Set(ids).size).toBe(2)
    expect(end()).toBe(0)
  })

  it('[CT9] two subscribers share one publication, and who comes later gets the same receipt', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const sent$ = client().room('lobby', Chat).send('message', { text: 'once' })
    const [first, second] = [see(sent$), see(sent$)]
    time.advanceBy(100)
    const late = see(sent$)
    expect(right(first.only())).toBe(right(second.only()))
    expect(right(late.only())).toBe(right(first.only()))
    expect(wire.up('p')).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[CT9] queues a settled Left again under the same id', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    network.refuse(true)
    const sent$ = ana.room('lobby', Chat).send('message', { text: 'retry' }, { withinMs: 1_000 })
    const expired = see(sent$)
    time.advanceBy(1_000)
    expect(left(expired.only())).toMatchObject({ code: 'delivery/expired', executed: 'no', kind: 'retry' })
    network.refuse(false)
    const again = see(sent$)
    ana.connect()
    time.advanceBy(100)
    const receipt = right(again.only())
    expect(left(expired.only())).toMatchObject({ id: receipt.id })
    expect(wire.up('p').map(({ frame }) => frame[6])).toEqual([receipt.id])
    expect(end()).toBe(0)
  })

  it('[CT9] one that may have been executed is logged once, however often it is tried again', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client(), client()]
    const heard = see(ben.room('lobby', Chat).on('message'))
    const sent$ = ana.room('lobby', Chat).send('message', { text: 'once' }, { withinMs: 1_000 })
    time.advanceBy(100)
    ana.connect()
    time.advanceBy(100)
    network.latency(1, 1_500)
    const expired = see(sent$)
    time.advanceBy(1_000)
    expect(left(expired.only())).toMatchObject({ code: 'delivery/expired', executed: 'unknown', kind: 'unknown' })
    network.latency(1)
    const again = see(sent$)
    time.advanceBy(5_000)
    expect(right(again.only())).toMatchObject({ repeated: true, position: { offset: 1 } })
    expect(texts(heard.all)).toEqual(['once'])
    expect(end()).toBe(0)
  })

  it('[CT9] unsubscribing its last subscriber before it was written withdraws it, which is counted', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client({ autoConnect: false })
    const metrics = see(ana.metrics$)
    const sent$ = ana.room('lobby', Chat).send('message', { text: 'taken back' })
    const [first, second] = [see(sent$), see(sent$)]
    first.stop()
    const kept = see(ana.room('lobby', Chat).send('message', { text: 'kept' }))
    second.stop()
    ana.connect()
    time.advanceBy(2_000)
    expect(right(kept.only()).position.offset).toBe(1)
    expect(wire.up('p').map(({ frame }) => frame[8])).toEqual([{ text: 'kept' }])
    expect(last(metrics.all)).toMatchObject({ withdrawn: 1, sent: 2, acknowledged: 1, undelivered: 0 })
    const again = see(sent$)
    time.advanceBy(100)
    expect(right(again.only()).position.offset).toBe(2)
    expect(end()).toBe(0)
  })

  it('[CT9] unsubscribing after it was written neither recalls nor repeats it', () => {
    const { client, network, time, end } = world({ latencyMs: 100 })
    const wire = tap(network)
    const ana = client()
    ana.connect()
    time.advanceBy(1_000)
    const sent = see(ana.room('lobby', Chat).send('message', { text: 'gone' }))
    time.advanceBy(10)
    sent.stop()
    time.advanceBy(10_000)
    expect(wire.up('p')).toHaveLength(1)
    expect(sent.all).toEqual([])
    expect(wire.down('a')).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[CT9] repeats what was not acknowledged on the next link, under the same id, in order', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const [ana, ben] = [client(), client()]
    const heard = see(ben.room('lobby', Chat).on('message'))
    const lobby = ana.room('lobby', Chat)
    lobby.post('message', { text: 'first' })
    time.advanceBy(100)
    network.blackhole(true)
    const receipts = ['a', 'b', 'c'].map((text) => see(lobby.send('message', { text })))
    time.advanceBy(10)
    network.blackhole(false)
    network.cut()
    time.advanceBy(10_000)
    expect(receipts.map((each) => right(each.only()).position.offset)).toEqual([2, 3, 4])
    expect(texts(heard.all)).toEqual(['first', 'a', 'b', 'c'])
    const [, ...ids] = wire.up('p').map(({ frame }) => frame[6])
    expect(ids).toEqual([...ids.slice(0, 3), ...ids.slice(0, 3)])
    expect(end()).toBe(0)
  })

  it('[CT9] what a server that forgot everything may have executed is Left with executed unknown, not sent twice', () => {
    const { client, network, time, restart, end } = world()
    const ana = client()
    const lobby = ana.room('lobby', Chat)
    lobby.post('message', { text: 'first' })
    time.advanceBy(100)
    network.latency(1, 1_000)
    const sent = see(lobby.send('message', { text: 'logged, then forgotten' }))
    time.advanceBy(10)
    restart({ engine: 'new' })
    network.latency(1)
    const later = see(lobby.send('message', { text: 'later' }))
    time.advanceBy(5_000)
    expect(left(sent.only())).toMatchObject({ code: 'delivery/unknown', executed: 'unknown', kind: 'unknown' })
    expect(right(later.only())).toMatchObject({ position: { offset: 1 } })
    expect(end()).toBe(0)
  })

  it('[CT9] what does not fit the contract is Left at once, and nothing is sent', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const lobby = client().room('lobby', Chat)
    const cyclic: Record<string, unknown> = { text: 'x' }
    cyclic['self'] = cyclic
    const answers = [
      see(lobby.send('message', { text: 7 } as never)),
      see(lobby.send('shout' as never, 1 as never)),
      see(lobby.send('message', undefined as never)),
      see(lobby.post('message', { text: 10n } as never)),
    ]
    expect(answers.map((answer) => codeOf(answer.only()))).toEqual(answers.map(() => 'decode/unsendable'))
    time.advanceBy(1_000)
    expect(wire.up('p')).toEqual([])
    expect(end()).toBe(0)
  })

  it('[CT9] beyond the bounds of the outbox is Left(delivery/full), and what waits stays', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false, outbox: { entries: 2, bytes: 1_000 } })
    const lobby = ana.room('lobby', Chat)
    const [a, b, c] = ['a', 'b', 'c'].map((text) => see(lobby.send('message', { text })))
    expect(left(c!.only())).toMatchObject({ code: 'delivery/full', executed: 'no', kind: 'retry' })
    ana.connect()
    time.advanceBy(100)
    expect([a, b].map((each) => right(each!.only()).position.offset)).toEqual([1, 2])
    const large = see(lobby.send('message', { text: 'x'.repeat(1_000) }))
    expect(left(large.only())).toMatchObject({ code: 'delivery/full', executed: 'no' })
    expect(end()).toBe(0)
  })
})

describe('room.post', () => {
  it('[CT10] sends at the call, whoever listens, and outlives its subscribers', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const heard = see(ben.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    const lobby = ana.room('lobby', Chat)
    lobby.post('message', { text: 'a' })
    const posted$ = lobby.post('message', { text: 'b' })
    see(posted$).stop()
    time.advanceBy(100)
    expect(texts(heard.all)).toEqual(['a', 'b'])
    expect(right(see(posted$).only()).position.offset).toBe(2)
    expect(end()).toBe(0)
  })

  it('[CT10] tells undelivered$ what failed, with its id, once; a send is told to its subscribers alone', () => {
    const { client, network, time, end } = world()
    network.refuse(true)
    const ana = client({ outbox: { ageMs: 5_000 } })
    const undelivered = see(ana.undelivered$)
    const lobby = ana.room('lobby', Chat)
    const posted = see(lobby.post('message', { text: 'lost' }))
    see(lobby.send('message', { text: 'lost too' }))
    time.advanceBy(5_000)
    const error = left(posted.only())
    expect(error).toMatchObject({ code: 'delivery/expired', executed: 'no' })
    expect(undelivered.all).toEqual([{ room: 'lobby', event: 'message', id: (error as { id?: string }).id, error }])
    lobby.post('message', { text: 'cut short' })
    ana.close()
    time.advanceBy(0)
    expect(undelivered.all.map(({ error: { code } }) => code)).toEqual(['delivery/expired', 'delivery/closed'])
    expect(undelivered.isComplete()).toBe(true)
    expect(end()).toBe(0)
  })

  it('[CT10] does not join', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const lobby = client().room('lobby', Chat)
    const membership = see(lobby.membership$)
    lobby.post('message', { text: 'x' })
    time.advanceBy(100)
    expect(wire.joins()).toEqual([])
    expect(membership.all).toEqual([{ _tag: 'Out' }])
    expect(end()).toBe(0)
  })
})
