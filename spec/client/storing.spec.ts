import * as E from '#fp/Either'
import { tokens } from '../../lib/kernel/tokens.js'
import type { Client } from '../../lib/client/client.js'
import { clientStore } from '../../lib/session/client-store.js'
import { leased } from '../../lib/store/leased.js'
import { memory, memoryShelf } from '../../lib/store/memory.js'
import type { Store } from '../../lib/store/port.js'
import { last } from '../../lib/features/history/index.js'
import { outbox } from '../../lib/features/observe/index.js'
import { Chat, texts } from '../support/chat.js'
import { day, lives, owner } from '../support/lives.js'
import { mortal } from '../support/mortal.js'
import { codeOf, left, right, see } from '../support/seen.js'

describe('a client with a store', () => {
  it('[ST10] is the same session in its next life, with generations that are higher, and knows its own messages', () => {
    const { life, time, wire, end } = lives()
    const first = life()
    first.room.post('message', { text: 'before' })
    const session = see(first.client.session$)
    time.advanceBy(100)
    first.kill()
    const second = life()
    const heard = see(second.room.on('message', { from: last(10) }))
    const again = see(second.client.session$)
    time.advanceBy(60_000)
    expect(again.last()).toMatchObject({ _tag: 'Active', id: (session.last() as { id: string }).id })
    expect(heard.all.map((message) => right(message).own)).toEqual([true])
    const claims = wire.up('hello').map(({ frame }) => frame.session)
    expect(new Set(claims.map(({ instance }) => instance)).size).toBe(1)
    expect(claims.at(-1)!.generation).toBeGreaterThan(claims[0]!.generation)
    expect(second.told()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST10] goes on as what the server made of it last, also within one life', () => {
    const { life, restart, time, wire, end } = lives()
    const first = life()
    first.client.connect()
    time.advanceBy(1_000)
    first.kill()
    restart({ engine: 'new' })
    const second = life()
    const session = see(second.client.session$)
    second.client.connect()
    time.advanceBy(10_000)
    for (let cut = 0; cut < 3; cut++) {
      second.unplug()
      time.advanceBy(1_000)
      second.plug()
      time.advanceBy(60_000)
    }
    const ids = new Set(session.all.flatMap((state) => (state._tag === 'Active' ? [state.id] : [])))
    expect(ids.size).toBe(1)
    const generations = wire.up('hello').map(({ frame }) => frame.session.generation)
    expect(generations).toEqual([...generations].sort((a, b) => a - b))
    expect(new Set(generations).size).toBe(5)
    expect(end()).toBe(0)
  })

  it('[ST11] is stored, then written, then acknowledged, then removed', () => {
    const base = lives()
    const { time, wire } = base
    const slow = mortal(base.store, { ms: 50, scheduler: time })
    const { client, room } = base.life({}, slow)
    client.connect()
    time.advanceBy(1_000)
    const waiting = see(client.with(outbox).outbox$)
    const receipt = see(room.post('message', { text: 'hello' }))
    const stages = (): readonly string[] => waiting.last().entries.map(({ stage }) => stage)
    time.advanceBy(49)
    expect([stages(), wire.up('p').length]).toEqual([['queued'], 0])
    time.advanceBy(1)
    expect(waiting.all.flatMap(({ entries }) => entries.map(({ stage }) => stage))).toContain('queued')
    expect(stages()).toEqual(['inFlight'])
    time.advanceBy(10)
    right(receipt.only())
    time.advanceBy(100)
    const [put, ...rest] = slow.written.filter(({ key }) => key.startsWith('post '))
    expect(put?.text).toContain('hello')
    expect(rest).toEqual([{ key: put!.key }])
    expect(base.end()).toBe(0)
  })

  it('[ST11] shows what waits offline as stored, writes it in the next life, and removes it there', () => {
    const { life, time, log, wire, end } = lives()
    const first = life()
    first.unplug()
    const waiting = see(first.client.with(outbox).outbox$)
    for (const text of ['a', 'b', 'c']) first.room.post('message', { text })
    time.advanceBy(60_000)
    expect(waiting.last().entries.map(({ stage, attempts }) => [stage, attempts])).toEqual(Array(3).fill(['stored', 0]))
    first.kill()
    time.advanceBy(day)
    const second = life()
    const inherited = see(second.client.with(outbox).outbox$)
    second.unplug()
    second.client.connect()
    time.advanceBy(10_000)
    expect(inherited.last().entries.map(({ stage }) => stage)).toEqual(Array(3).fill('stored'))
    second.plug()
    second.room.post('message', { text: 'd' })
    time.advanceBy(60_000)
    expect(inherited.last().entries).toEqual([])
    expect(log()).toEqual(['a', 'b', 'c', 'd'])
    expect(wire.up('p').map(({ frame }) => frame[9])).toEqual([0, 0, 0, 0])
    second.kill()
    const third = life()
    third.client.connect()
    time.advanceBy(60_000)
    expect(see(third.client.with(outbox).outbox$).last().entries).toEqual([])
    expect(third.undelivered.all).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST11] executes once what was written and not answered before the end of a life', () => {
    const { life, time, log, network, wire, end } = lives()
    const first = life()
    first.client.connect()
    time.advanceBy(1_000)
    network.freeze('down')
    for (const text of ['a', 'b']) first.room.post('message', { text })
    time.advanceBy(1_000)
    expect(wire.up('p')).toHaveLength(2)
    first.kill()
    network.thaw('down')
    const second = life()
    second.client.connect()
    time.advanceBy(60_000)
    expect(wire.up('p').map(({ frame }) => frame[9])).toEqual([0, 0, 3, 3])
    expect(log()).toEqual(['a', 'b'])
    expect([second.undelivered.all, second.told()]).toEqual([[], []])
    expect(end()).toBe(0)
  })

  it('[ST12] never resends what was first written longer ago than the server remembers', () => {
    const { life, time, log, network, wire, end } = lives()
    const first = life()
    first.client.connect()
    time.advanceBy(1_000)
    network.freeze('up')
    const id = first.room.post('message', { text: 'lost?' }).id
    time.advanceBy(1_000)
    first.kill()
    network.thaw()
    time.advanceBy(day)
    const second = life()
    second.client.connect()
    time.advanceBy(60_000)
    expect(second.undelivered.all).toMatchObject([{ id, error: { code: 'delivery/unknown', executed: 'unknown' } }])
    expect(wire.up('p')).toHaveLength(1)
    expect(log()).toEqual([])
    second.kill()
    const third = life()
    third.client.connect()
    time.advanceBy(60_000)
    expect(third.undelivered.all).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST12] counts what was written in a future that the calendar has not reached again as too old', () => {
    const { life, time, network, wire, end } = lives()
    const first = life({ wall: () => 40 * day })
    first.client.connect()
    time.advanceBy(1_000)
    network.freeze('up')
    first.room.post('message', { text: 'lost?' })
    time.advanceBy(1_000)
    first.kill()
    network.thaw()
    const second = life()
    second.client.connect()
    time.advanceBy(60_000)
    expect(second.undelivered.all).toMatchObject([{ error: { code: 'delivery/unknown' } }])
    expect(wire.up('p')).toHaveLength(1)
    expect(end()).toBe(0)
  })

  it('[ST13] [P21] is one of two tabs: each has its own session, and the one that stays on takes over nothing that is held', () => {
    const { life, time, log, wire, end } = lives()
    const [first, second] = [life(), life()]
    const sessions = [first, second].map(({ client }) => see(client.session$))
    const states = [first, second].map(({ client }) => see(client.state$))
    first.client.connect()
    second.client.connect()
    time.advanceBy(3_600_000)
    expect(states.map((state) => state.last()._tag)).toEqual(['Online', 'Online'])
    expect(new Set(sessions.map((session) => (session.last() as { id: string }).id)).size).toBe(2)
    expect(wire.up('hello')).toHaveLength(2)
    first.unplug()
    first.room.post('message', { text: 'of the first' })
    second.room.post('message', { text: 'of the second' })
    time.advanceBy(60_000)
    expect(log()).toEqual(['of the second'])
    first.kill()
    second.kill()
    const next = life()
    next.client.connect()
    time.advanceBy(60_000)
    expect(log()).toEqual(['of the second', 'of the first'])
    expect(next.told()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST13] takes over what several dead tabs left, one after the other, and leaves their sessions to the next ones', () => {
    const { life, store, time, log, end } = lives()
    const tabs = [life(), life(), life()]
    for (const [n, tab] of tabs.entries()) {
      tab.unplug()
      tab.room.post('message', { text: `${n}` })
      time.advanceBy(10)
    }
    for (const tab of tabs) tab.kill()
    const heir = life()
    heir.client.connect()
    time.advanceBy(60_000)
    expect([...log()].sort()).toEqual(['0', '1', '2'])
    expect(got(see(store.list(owner)).only())).toHaveLength(3)
    const another = life()
    another.client.connect()
    time.advanceBy(10_000)
    expect(got(see(store.list(owner)).only())).toHaveLength(3)
    expect(end()).toBe(0)
  })

  it('[ST13] keeps so many partitions that nobody holds and that have nothing to send', () => {
    const { life, store, time, end } = lives()
    const tabs = Array.from({ length: 6 }, () => life())
    for (const { client } of tabs) client.connect()
    time.advanceBy(1_000)
    for (const tab of tabs) tab.kill()
    const next = life({ storing: { partitions: 2 } })
    next.client.connect()
    time.advanceBy(10_000)
    expect(got(see(store.list(owner)).only())).toHaveLength(3)
    expect(next.told()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST14] sends nothing more of what it had stored once another has taken it over while it was frozen', () => {
    const shelf = memoryShelf()
    let now = 1_700_000_000_000
    let count = 0
    const made = lives()
    const store = (): Store =>
      leased({
        shelf,
        locks: undefined,
        leaving$: { subscribe: () => ({ unsubscribe: () => undefined }) } as never,
        scheduler: made.time,
        wall: () => now,
        ids: () => `holder ${++count}`,
        leaseMs: 60_000,
      })
    const sleeper = made.life({}, mortal(store()))
    sleeper.unplug()
    const waiting = see(sleeper.client.with(outbox).outbox$)
    const result = see(sleeper.room.post('message', { text: 'mine' }))
    made.time.advanceBy(10_000)
    expect(waiting.last().entries.map(({ stage }) => stage)).toEqual(['stored'])
    now += 3_600_000
    const heir = made.life({}, mortal(store()))
    heir.client.connect()
    made.time.advanceBy(1_000)
    expect(made.log()).toEqual(['mine'])
    sleeper.plug()
    made.time.advanceBy(120_000)
    expect(left(result.only())).toMatchObject({ code: 'delivery/taken-over', executed: 'unknown' })
    expect(sleeper.told()).toEqual([expect.stringContaining('taken over')])
    sleeper.room.post('message', { text: 'later' })
    made.time.advanceBy(60_000)
    expect(
      made.wire.up('p').filter(({ frame }) => frame[8] !== undefined && JSON.stringify(frame[8]).includes('mine')),
    ).toHaveLength(1)
    expect(heir.told()).toEqual([])
    made.end()
  })

  it('[ST15] [P21] leaves what is stored alone when the server knows it as another user, and sends none of it', () => {
    const { life, time, log, wire, end } = lives()
    const first = life()
    first.unplug()
    first.room.post('message', { text: 'by ana' })
    time.advanceBy(1_000)
    first.kill()
    const other = life({ user: 'ben' })
    other.client.connect()
    time.advanceBy(60_000)
    expect(see(other.client.session$).last()).toMatchObject({ user: 'ben' })
    expect(wire.up('p')).toEqual([])
    expect(other.told()).toEqual([
      'StoreFailed: The server knows this client as another user than its identity: what is stored is left alone. ' +
        'Set `identity` to "ben", or give the server an `authenticate` that answers with "ana".',
    ])
    other.room.post('message', { text: 'by ben' })
    time.advanceBy(60_000)
    expect(other.written.filter(({ text }) => text?.includes('by ben'))).toEqual([])
    other.kill()
    const again = life()
    again.client.connect()
    time.advanceBy(60_000)
    expect(log()).toEqual(['by ben', 'by ana'])
    expect(end()).toBe(0)
  })

  it('[ST15] [P21] another identity finds nothing of the first', () => {
    const { life, time, log, wire, end } = lives()
    const ana = life()
    ana.unplug()
    ana.room.post('message', { text: 'by ana' })
    time.advanceBy(1_000)
    ana.kill()
    const ben = life({ user: 'ben', identity: 'ben' })
    ben.client.connect()
    time.advanceBy(60_000)
    expect([see(ben.client.with(outbox).outbox$).last().entries, wire.up('p'), ben.told()]).toEqual([[], [], []])
    expect(wire.up('hello').at(-1)!.frame.session.resume).toBeUndefined()
    expect(log()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST16] logout erases all of its user, closes the client, and leaves nothing to others and to later lives', () => {
    const { life, store, time, wire, log, end } = lives()
    const [first, second] = [life(), life()]
    for (const { client } of [first, second]) client.connect()
    time.advanceBy(1_000)
    first.unplug()
    const result = see(first.room.post('message', { text: 'unsent' }))
    time.advanceBy(1_000)
    expect(see(first.client.logout()).only()).toEqual(E.right(undefined))
    expect(see(first.client.state$).last()._tag).toBe('Closed')
    expect(left(result.only())).toMatchObject({ code: 'delivery/closed', executed: 'no' })
    expect(got(see(store.list(owner)).only())).toEqual([])
    second.room.post('message', { text: 'of the other tab' })
    time.advanceBy(10_000)
    expect(second.told()).toEqual([expect.stringContaining('of its own'), expect.stringContaining('erased')])
    expect(log()).toEqual(['of the other tab'])
    second.kill()
    const next = life()
    next.client.connect()
    time.advanceBy(60_000)
    expect(wire.up('hello').at(-1)!.frame.session.resume).toBeUndefined()
    expect(log()).toEqual(['of the other tab'])
    expect(end()).toBe(0)
  })

  it('[ST16] logout of a client that never did anything, or has no store, answers too', () => {
    const { life, client, end } = lives()
    expect(see(life().client.logout()).only()).toEqual(E.right(undefined))
    const plain: Client = client()
    expect(see(plain.logout()).only()).toEqual(E.right(undefined))
    expect(see(plain.logout()).only()).toEqual(E.right(undefined))
    expect(see(plain.state$).last()._tag).toBe('Closed')
    expect(end()).toBe(0)
  })

  it('[ST17] [P6] goes on in memory when the store is full, and says so once until it works again', () => {
    const { life, time, log, end } = lives()
    const full = life()
    full.client.connect()
    time.advanceBy(1_000)
    full.fail('full')
    const waiting = see(full.client.with(outbox).outbox$)
    for (const text of ['a', 'b', 'c']) full.room.post('message', { text })
    time.advanceBy(1_000)
    expect(log()).toEqual(['a', 'b', 'c'])
    expect(full.told()).toEqual(['StoreFailed: It could not be stored (full): made to fail: full'])
    expect(waiting.all.flatMap(({ entries }) => entries.map(({ stage }) => stage))).not.toContain('stored')
    full.fail(undefined)
    full.room.post('message', { text: 'd' })
    time.advanceBy(1_000)
    full.fail('failed')
    full.room.post('message', { text: 'e' })
    time.advanceBy(1_000)
    expect(full.told()).toHaveLength(2)
    expect(log()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(end()).toBe(0)
  })

  it('[ST17] [ST28] [P6] leaves nothing to the next life that was delivered while the store was full', () => {
    const { life, client, time, end } = lives()
    const heard = see(
      client({ token: tokens(() => 'ben') })
        .room('lobby', Chat)
        .on('message'),
    )
    const first = life()
    first.unplug()
    first.room.post('message', { text: 'a' })
    time.advanceBy(1_000)
    first.fail('full')
    first.plug()
    time.advanceBy(60_000)
    expect(texts(heard.all)).toEqual(['a'])
    first.fail(undefined)
    first.room.post('message', { text: 'b' })
    time.advanceBy(60_000)
    first.kill()
    time.advanceBy(7_200_000)
    const second = life()
    second.client.connect()
    time.advanceBy(60_000)
    expect([texts(heard.all), second.undelivered.all]).toEqual([['a', 'b'], []])
    expect(end()).toBe(0)
  })

  it('[ST38] a store that stops answering holds up messages for so long and no longer, and neither close nor logout', () => {
    const { life, time, log, end } = lives()
    const [as, other] = [mortal(memory()), mortal(memory())]
    const { client, room, told } = life({ storing: { writeMs: 2_000 } }, as)
    client.connect()
    time.advanceBy(1_000)
    as.stall(true)
    const a = see(room.post('message', { text: 'a' }))
    time.advanceBy(1_900)
    const b = see(room.post('message', { text: 'b' }))
    time.advanceBy(90)
    expect([a.all, b.all]).toEqual([[], []])
    time.advanceBy(1_000)
    expect([a.only(), b.only()].map(E.isRight)).toEqual([true, true])
    expect(told()).toEqual([expect.stringMatching(/^StoreFailed: .*did not answer within 2000 ms/)])
    as.stall(false)
    room.post('message', { text: 'c' })
    time.advanceBy(1_000)
    as.stall(true)
    room.post('message', { text: 'd' })
    const closed = see(client.close())
    time.advanceBy(20_000)
    expect(E.isRight(closed.only())).toBe(true)
    expect(log()).toEqual(['a', 'b', 'c', 'd'])
    const leaving = life({ storing: { writeMs: 2_000 } }, other)
    leaving.client.connect()
    time.advanceBy(1_000)
    other.stall(true)
    const out = see(leaving.client.logout())
    time.advanceBy(2_000)
    expect(codeOf(out.only())).toBe('session/not-erased')
    expect(end()).toBe(0)
  })

  const broken = (open: () => never): Store => ({ list: open, open, erase: open })
  it.each<[string, Store]>([
    [
      'throws',
      broken(() => {
        throw new Error('no storage here')
      }),
    ],
    ['gives nonsense', broken((() => undefined) as never)],
  ])('[ST17] goes on in memory with a store that %s', (_, store) => {
    // prettier-ignore
    const { life, time, log, end } = lives()
    const { client, room, told } = life({}, { ...mortal(store), store })
    room.post('message', { text: 'a' })
    time.advanceBy(10_000)
    expect(log()).toEqual(['a'])
    expect(told()).toEqual([expect.stringMatching(/^StoreFailed: The store cannot be used/)])
    expect(codeOf(see(client.logout()).only())).toBe('session/not-erased')
    expect(end()).toBe(0)
  })

  it('[ST17] goes on in memory when the store does not open in time, and gives back what comes late', () => {
    const base = lives()
    const { time, log, store } = base
    const { room, told } = base.life({}, mortal(store, { ms: 4_000, scheduler: time }))
    room.post('message', { text: 'a' })
    time.advanceBy(4_999)
    expect(base.wire.up('hello')).toHaveLength(0)
    time.advanceBy(10_000)
    expect(told()).toEqual([expect.stringContaining('did not open within 5000 ms')])
    expect(log()).toEqual(['a'])
    time.advanceBy(60_000)
    const next = base.life()
    next.client.connect()
    time.advanceBy(10_000)
    expect(next.told()).toEqual([])
    expect(base.end()).toBe(0)
  })

  it('[ST18] sets damaged records aside and uses the rest; posts may have been written then', () => {
    const { life, time, log, store, wire, end } = lives()
    const first = life()
    first.unplug()
    for (const text of ['a', 'b']) first.room.post('message', { text })
    time.advanceBy(1_000)
    first.kill()
    const [instance] = got(see(store.list(owner)).only())
    const held = got(see(store.open({ ...owner, instance: instance! })).only())
    const [post] = [...held.records.keys()].filter((key) => key.startsWith('post '))
    held.write([{ key: post!, text: '{"id":1}' }, { key: 'what', text: 'is this' }, { key: 'session', text: '[' }]) // prettier-ignore
    held.close()
    const second = life()
    second.client.connect()
    time.advanceBy(60_000)
    expect(second.told()).toEqual([expect.stringContaining('3 damaged records')])
    expect(second.undelivered.all).toMatchObject([{ error: { executed: 'unknown' } }])
    expect(wire.up('p').map(({ frame }) => frame[9])).toEqual([1])
    expect(log()).toEqual([])
    second.kill()
    const after = got(see(store.open({ ...owner, instance: instance! })).only())
    expect([...after.records.keys()].filter((key) => key.startsWith('damaged '))).toHaveLength(3)
    after.close()
    const third = life()
    third.client.connect()
    time.advanceBy(10_000)
    expect(third.told()).toEqual([])
    expect(end()).toBe(0)
  })

  it('[ST18] keeps so many damaged records and no more', () => {
    const { life, time, store, end } = lives()
    const held = got(see(store.open({ ...owner, instance: 'i' })).only())
    for (let n = 0; n < 10; n++) held.write([{ key: `bad ${n}`, text: 'x' }])
    held.close()
    const first = life({ storing: { damaged: 3 } })
    first.client.connect()
    time.advanceBy(1_000)
    first.kill()
    const after = got(see(store.open({ ...owner, instance: 'i' })).only())
    expect([...after.records.keys()].filter((key) => key.includes('bad'))).toEqual([
      'damaged bad 7',
      'damaged bad 8',
      'damaged bad 9',
    ])
    after.close()
    expect(end()).toBe(0)
  })

  it('[ST19] leaves alone what a later version wrote, says so, and keeps its own beside it', () => {
    const { life, time, store, log, end } = lives()
    const held = got(see(store.open({ ...owner, instance: 'later' })).only())
    held.write([{ key: 'format', text: '2' }, { key: 'session', text: 'of the future' }]) // prettier-ignore
    held.close()
    const first = life()
    first.unplug()
    first.room.post('message', { text: 'a' })
    time.advanceBy(1_000)
    expect(first.told()).toEqual([expect.stringContaining('later version')])
    first.kill()
    const second = life()
    second.client.connect()
    time.advanceBy(10_000)
    expect(log()).toEqual(['a'])
    second.kill()
    const after = got(see(store.open({ ...owner, instance: 'later' })).only())
    expect(Object.fromEntries(after.records)).toEqual({ format: '2', session: 'of the future' })
    after.close()
    expect(end()).toBe(0)
  })

  it('[ST20] a session that was taken over is not claimed by the next life', () => {
    const { life, time, wire, store, end } = lives()
    const first = life()
    first.client.connect()
    time.advanceBy(1_000)
    const [instance] = got(see(store.list(owner)).only())
    const copy = memory()
    const inherited = first.written.filter(({ key }) => key === 'session')
    for (let life = 0; life < 5; life++) {
      const held = got(see(copy.open({ ...owner, instance: instance! })).only())
      held.write(inherited)
      held.close()
    }
    const thief = life({}, mortal(copy))
    thief.client.connect()
    time.advanceBy(10_000)
    expect(see(thief.client.state$).last()._tag).toBe('Online')
    expect(see(first.client.session$).last()._tag).toBe('Replaced')
    first.kill()
    const next = life()
    next.client.connect()
    time.advanceBy(10_000)
    expect([thief, next].map(({ client }) => see(client.state$).last()._tag)).toEqual(['Online', 'Online'])
    const claims = wire.up('hello').map(({ frame }) => frame.session.instance)
    expect([claims[0] === claims[1], claims[1] === claims[2]]).toEqual([true, false])
    expect(end()).toBe(0)
  })

  it('[ST21] wants an identity with a store, and says what is no store', () => {
    const { client, end } = lives()
    const because = (options: object): unknown => {
      const [state] = see(client(options).state$).all
      return state?._tag === 'Closed' && state.because?._tag === 'ConfigError' ? state.because.option : state
    }
    expect(because({ store: clientStore(memory()) })).toBe('identity')
    expect(because({ store: clientStore(memory()), identity: '' })).toBe('identity')
    expect(because({ store: {}, identity: 'ana' })).toBe('store')
    expect(because({ store: clientStore(memory()), identity: 'ana', storing: { openMs: 0 } })).toBe('storing.openMs')
    expect(end()).toBe(0)
  })
})

/** The value of an answer of a store. */
const got = <T>(answer: E.Either<unknown, T>): T => {
  if (E.isLeft(answer)) throw new Error(`a Left: ${JSON.stringify(answer.left)}`)
  return answer.right
}
