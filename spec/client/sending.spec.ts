import { BehaviorSubject, defer } from 'rxjs'
import { tokens } from '../../lib/kernel/tokens.js'
import { retryLeft } from '../../lib/operators/index.js'
import { world } from '../../lib/testing/world.js'
import { metrics, outbox } from '../../lib/features/observe/index.js'
import { Chat, texts } from '../support/chat.js'
import { codeOf, left, right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const last = <T>(all: readonly T[]): T => all.at(-1)!

describe('room.send', () => {
  it('[CT9] sends at the call, whether anybody subscribes or not', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const lobby = client().room('lobby', Chat)
    lobby.send('message', { text: 'first' })
    const second$ = lobby.send('message', { text: 'second' })
    time.advanceBy(100)
    expect(wire.up('p').map(({ frame }) => frame[8])).toEqual([{ text: 'first' }, { text: 'second' }])
    expect(right(see(second$).only())).toMatchObject({ id: second$.id, position: { offset: 2 } })
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
    expect(wire.up('p').map(({ frame }) => frame[8])).toEqual([{ text: 'as it was' }, { text: 'second' }])
    const ids = wire.up('p').map(({ frame }) => frame[6])
    expect([right(first.only()).id, right(second.only()).id]).toEqual(ids)
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

  it('[CT9] unsubscribing cancels nothing, before it was written and after', () => {
    const { client, network, time, end } = world({ latencyMs: 100 })
    const wire = tap(network)
    const ana = client()
    const lobby = ana.room('lobby', Chat)
    const first$ = lobby.send('message', { text: 'before' })
    see(first$).stop()
    time.advanceBy(1_000)
    const second$ = lobby.send('message', { text: 'after' })
    const second = see(second$)
    time.advanceBy(10)
    second.stop()
    time.advanceBy(10_000)
    expect(wire.up('p')).toHaveLength(2)
    expect(second.all).toEqual([])
    expect([first$, second$].map((sent$) => right(see(sent$).only()).position.offset)).toEqual([1, 2])
    expect(end()).toBe(0)
  })

  it('[CT9] [OB7] aborting withdraws what was not written, which is counted, and recalls nothing else', () => {
    const { client, network, time, end } = world({ latencyMs: 100 })
    const wire = tap(network)
    const ana = client({ autoConnect: false })
    const counted = see(ana.with(metrics).metrics$)
    const lobby = ana.room('lobby', Chat)
    const [early, late] = [new AbortController(), new AbortController()]
    const withdrawn = see(lobby.send('message', { text: 'withdrawn' }, { signal: early.signal }))
    const kept = see(lobby.send('message', { text: 'kept' }, { signal: late.signal }))
    early.abort()
    expect(left(withdrawn.only())).toMatchObject({ code: 'delivery/aborted', executed: 'no' })
    ana.connect()
    time.advanceBy(450)
    expect(wire.up('p').map(({ frame }) => frame[8])).toEqual([{ text: 'kept' }])
    late.abort()
    expect(left(kept.only())).toMatchObject({ code: 'delivery/aborted', executed: 'unknown' })
    time.advanceBy(2_000)
    expect(wire.up('p')).toHaveLength(1)
    expect(last(counted.all)).toMatchObject({ withdrawn: 1, sent: 2, acknowledged: 1, undelivered: 0 })
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

describe('room.send with an id', () => {
  const id = 'orders:7'
  const hello = { text: 'hello' }

  it('[CT18] shares the receipt of the one that waits, and gives it again', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const lobby = client().room('lobby', Chat)
    const sent$ = [1, 2].map(() => lobby.send('message', hello, { id }))
    time.advanceBy(100)
    const again = see(client().room('lobby', Chat).send('message', hello, { id }))
    const [first, second, third] = [...sent$, lobby.send('message', hello, { id })].map((each) =>
      right(see(each).only()),
    )
    expect(first).toMatchObject({ id, position: { offset: 1 }, repeated: false })
    expect([second, third]).toEqual([first, first])
    time.advanceBy(100)
    // Another client's message under the same id is another message.
    expect(right(again.only())).toMatchObject({ id, position: { offset: 2 } })
    expect(wire.up('p')).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[CT18] names one message of a room: the same id in another room is another message', () => {
    const { client, time, end } = world()
    const ana = client()
    const sent = ['lobby', 'attic'].map((name) => see(ana.room(name, Chat).send('message', hello, { id })))
    time.advanceBy(100)
    expect(sent.map((each) => right(each.only()).room)).toEqual(['lobby', 'attic'])
    expect(end()).toBe(0)
  })

  it('[CT18] queues again what failed, also under an id that was made', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const ana = client()
    const lobby = ana.room('lobby', Chat)
    network.refuse(true)
    const sent$ = lobby.send('message', hello, { withinMs: 1_000 })
    time.advanceBy(1_000)
    expect(left(see(sent$).only())).toMatchObject({
      code: 'delivery/timeout',
      executed: 'no',
      kind: 'retry',
      id: sent$.id,
    })
    network.refuse(false)
    const again = see(lobby.send('message', hello, { id: sent$.id }))
    ana.connect()
    time.advanceBy(100)
    expect(right(again.only()).id).toBe(sent$.id)
    expect(wire.up('p').map(({ frame }) => frame[6])).toEqual([sent$.id])
    expect(end()).toBe(0)
  })

  it('[CT18] what may have been executed is logged once, however often it is sent again', () => {
    const { client, network, time, end } = world()
    const [ana, ben] = [client(), client()]
    const lobby = ana.room('lobby', Chat)
    const heard = see(ben.room('lobby', Chat).on('message'))
    ana.connect()
    time.advanceBy(100)
    network.latency(1, 1_500)
    const expired = see(lobby.send('message', hello, { id, withinMs: 1_000 }))
    time.advanceBy(1_000)
    expect(left(expired.only())).toMatchObject({ code: 'delivery/timeout', executed: 'unknown', kind: 'unknown' })
    network.latency(1)
    const again = see(defer(() => lobby.send('message', hello, { id })).pipe(retryLeft()))
    time.advanceBy(5_000)
    expect(right(again.only())).toMatchObject({ repeated: true, position: { offset: 1 } })
    expect(texts(heard.all)).toEqual(['hello'])
    expect(end()).toBe(0)
  })

  it('[CT18] another payload or event under it is Left, while the first waits and afterwards', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const lobby = client().room('lobby', Chat)
    lobby.send('message', hello, { id })
    const clash = see(lobby.send('message', { text: 'other' }, { id }))
    expect(left(clash.only())).toMatchObject({ code: 'delivery/id-reused', executed: 'no' })
    time.advanceBy(100)
    const later = see(lobby.post('message', { text: 'other' }, { id }))
    expect(codeOf(later.only())).toBe('delivery/id-reused')
    expect(wire.up('p')).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[CT18] is withdrawn when the last of its callers has aborted', () => {
    const { client, time, end } = world()
    const ana = client({ autoConnect: false })
    const waiting = see(ana.with(outbox).outbox$)
    const lobby = ana.room('lobby', Chat)
    const [one, two] = [new AbortController(), new AbortController()]
    const first = see(lobby.send('message', hello, { id, signal: one.signal }))
    const second = see(lobby.send('message', hello, { id, signal: two.signal }))
    one.abort()
    time.advanceBy(0)
    expect([left(first.only()), waiting.last().queued]).toMatchObject([{ executed: 'unknown' }, 1])
    two.abort()
    time.advanceBy(0)
    expect([left(second.only()), waiting.last().queued]).toMatchObject([{ executed: 'no' }, 0])
    expect(end()).toBe(0)
  })

  it('[CT18] a call that joins another has a time of its own', () => {
    const { client, time, end } = world()
    const lobby = client({ autoConnect: false }).room('lobby', Chat)
    const patient = see(lobby.send('message', hello, { id }))
    const hasty = see(lobby.send('message', hello, { id, withinMs: 1_000 }))
    time.advanceBy(1_000)
    expect(left(hasty.only())).toMatchObject({ code: 'delivery/timeout', executed: 'unknown' })
    expect(patient.all).toEqual([])
    time.advanceBy(300_000)
    expect(left(patient.only())).toMatchObject({ code: 'delivery/timeout', executed: 'no' })
    expect(end()).toBe(0)
  })

  it('[CT18] the latest ids are remembered, as many as messages may wait', () => {
    const { client, network, time, end } = world()
    const wire = tap(network)
    const lobby = client({ outbox: { entries: 2 } }).room('lobby', Chat)
    const sent = (...ids: readonly string[]) => {
      for (const each of ids) lobby.send('message', hello, { id: each })
      time.advanceBy(100)
      return wire.up('p').length
    }
    expect([sent('a', 'b'), sent('a', 'b'), sent('c'), sent('b', 'c'), sent('a')]).toEqual([2, 2, 3, 3, 4])
    expect(end()).toBe(0)
  })

  it('[CT18] [CT17] no user gets the receipt of another', () => {
    const token = new BehaviorSubject<string | null>('ana')
    const { client, network, time, end } = world({ authenticate: ({ token: user }) => [{ user: String(user) }] })
    const wire = tap(network)
    const ana = client({ token: tokens(token) })
    const lobby = ana.room('lobby', Chat)
    const first = see(lobby.send('message', hello, { id }))
    time.advanceBy(100)
    token.next(null)
    time.advanceBy(100)
    token.next('ben')
    time.advanceBy(100)
    const second = see(lobby.send('message', hello, { id }))
    time.advanceBy(10_000)
    expect([first, second].map((each) => right(each.only()).position.offset)).toEqual([1, 2])
    expect(wire.up('p')).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it.each([[''], ['a"b'], ['x'.repeat(65)], [7], [null]])(
    '[CT18] [CT16] an id that no server takes is Left: %p',
    (bad) => {
      const { client, network, time, end } = world()
      const wire = tap(network)
      const sent = see(
        client()
          .room('lobby', Chat)
          .send('message', hello, { id: bad as string }),
      )
      time.advanceBy(100)
      expect(left(sent.only())).toMatchObject({ code: 'config/invalid', option: 'id' })
      expect(wire.up('p')).toEqual([])
      expect(end()).toBe(0)
    },
  )
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
    expect(error).toMatchObject({ code: 'delivery/timeout', executed: 'no' })
    expect(undelivered.all).toEqual([{ room: 'lobby', event: 'message', id: (error as { id?: string }).id, error }])
    lobby.post('message', { text: 'cut short' })
    ana.close({ drainMs: 0 })
    time.advanceBy(0)
    expect(undelivered.all.map(({ error: { code } }) => code)).toEqual(['delivery/timeout', 'delivery/closed'])
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
