import * as t from 'io-ts'
import * as E from '#fp/Either'
import { contract } from '../../lib/contract/contract.js'
import type { OnOptions } from '../../lib/client/room.js'
import { latestBy, mostKeys, sample } from '../../lib/features/conflation/policy.js'
import { last } from '../../lib/features/history/index.js'
import { metrics } from '../../lib/features/observe/index.js'
import { codeOf, see } from '../support/seen.js'
import { admits, greets, joined, msg, stage } from '../support/stage.js'
import { joinsOf } from '../support/wire.js'

const Prices = contract({ events: { price: t.strict({ symbol: t.string, at: t.number }), note: t.string } })
type Price = t.TypeOf<typeof Prices.events.price>

/** A client in a room of prices, and a subscription of a policy. */
const inRoom = (options: OnOptions<Price>) => {
  const here = stage((frame, to) => {
    if ('t' in frame && frame.t === 'hello') greets({ ...frame, rooms: [] }, to)
    for (const join of joinsOf(frame)) to.say(joined(join, { permissions: ['read'] }))
  })
  const ana = here.client()
  const room = ana.room('lobby', Prices)
  const seen = see(room.on('price', options))
  here.time.advanceBy(100)
  let head = 0
  /** One WebSocket message of prices, and when they arrive. */
  const say = (...symbols: readonly string[]): void => {
    here.actor().say(
      ...symbols.map((symbol) => {
        head++
        if (symbol === 'hole') return { t: 'gap', ch: 1, from: { epoch: 'E', offset: head - 1 }, to: { epoch: 'E', offset: head }, because: 'overflow' } as const // prettier-ignore
        return symbol === 'bad' ? msg(1, head, 7, 'price') : msg(1, head, { symbol, at: head }, 'price')
      }),
    )
    here.time.advanceBy(1)
  }
  const told = () =>
    seen.all.map((each) =>
      E.isRight(each) ? `${each.right.data.symbol}${each.right.position.offset}` : each.left.code,
    )
  const conflated = () => see(ana.with(metrics).metrics$).last().conflated
  return { ...here, ana, room, seen, say, told, conflated }
}

describe('latestBy', () => {
  const bySymbol = latestBy<Price>(({ data }) => data.symbol, { everyMs: 0 })

  it('[HI8] tells of what comes at once the latest of each key, in the order of the room, and counts the rest', () => {
    const { say, told, conflated, room, ana } = inRoom({ policy: bySymbol })
    const all = see(room.on('price'))
    say('a', 'b', 'a', 'a', 'c', 'b')
    expect(told()).toEqual(['a4', 'c5', 'b6'])
    say('a')
    expect(told()).toEqual(['a4', 'c5', 'b6', 'a7'])
    expect(conflated()).toBe(3)
    expect(all.all).toHaveLength(7)
    ana.close()
  })

  it('[HI8] what is no message is told at its place, and nothing held before it comes after', () => {
    const { say, told, ana } = inRoom({ policy: bySymbol })
    say('a', 'a', 'bad', 'b', 'hole', 'b')
    expect(told()).toEqual(['a2', 'decode/payload', 'b4', 'room/gap', 'b6'])
    ana.close()
  })

  it('[HI8] every so many milliseconds, where that is asked for', () => {
    const { say, told, time, conflated, ana } = inRoom({
      policy: latestBy<Price>(({ data }) => data.symbol, { everyMs: 100 }),
    })
    say('a', 'b')
    time.advanceBy(48)
    say('a')
    expect(told()).toEqual([])
    time.advanceBy(51)
    expect(told()).toEqual(['b2', 'a3'])
    say('a')
    time.advanceBy(101)
    expect(told()).toEqual(['b2', 'a3', 'a4'])
    expect(conflated()).toBe(1)
    ana.close()
  })

  it('[HI8] each time begins with the first that is held', () => {
    const { say, told, time, ana } = inRoom({
      policy: latestBy<Price>(({ data }) => data.symbol, { everyMs: 100 }),
    })
    const faults = see(ana.faults$)
    say('a')
    time.advanceBy(109)
    expect(told()).toEqual(['a1'])
    say('b')
    time.advanceBy(98)
    expect(told()).toEqual(['a1'])
    time.advanceBy(2)
    expect(told()).toEqual(['a1', 'b2'])
    time.advanceBy(500)
    say('bad')
    time.advanceBy(49)
    say('c')
    time.advanceBy(98)
    expect(told()).toEqual(['a1', 'b2', 'decode/payload'])
    time.advanceBy(2)
    expect(told()).toEqual(['a1', 'b2', 'decode/payload', 'c4'])
    expect(faults.all).toEqual([])
    ana.close()
  })

  it('[HI8] holds so many keys and no more', () => {
    const { say, told, ana } = inRoom({ policy: latestBy<Price>(({ data }) => data.symbol, { everyMs: 1_000 }) })
    say(...Array.from({ length: mostKeys }, (_, at) => `s${at}-`))
    expect(told()).toHaveLength(mostKeys)
    ana.close()
  })

  it('[HI8] a key that throws is a fault, and the message is told', () => {
    const { say, told, ana } = inRoom({ policy: latestBy<Price>(({ data }) => { if (data.symbol === 'b') throw new Error('no key'); return 1 }, { everyMs: 0 }) }) // prettier-ignore
    const faults = see(ana.faults$)
    say('a', 'a', 'b', 'a')
    expect(told()).toEqual(['a2', 'b3', 'a4'])
    expect(faults.all).toMatchObject([{ _tag: 'FunctionThrew', message: 'policy: no key' }])
    ana.close()
  })
})

describe('sample', () => {
  it('[HI9] tells the first at once, then the latest of each time in which any came', () => {
    const { say, told, time, conflated, ana } = inRoom({ policy: sample(100) })
    say('a')
    say('b', 'c')
    say('d')
    expect(told()).toEqual(['a1'])
    time.advanceBy(98)
    expect(told()).toEqual(['a1', 'd4'])
    say('e')
    expect(told()).toEqual(['a1', 'd4'])
    time.advanceBy(100)
    expect(told()).toEqual(['a1', 'd4', 'e5'])
    time.advanceBy(500)
    say('f')
    expect(told()).toEqual(['a1', 'd4', 'e5', 'f6'])
    expect(conflated()).toBe(2)
    ana.close()
  })

  it('[HI9] goes by what is wanted alone: other events begin no time', () => {
    const { actor, say, told, time, ana } = inRoom({ policy: sample(100) })
    actor().say(msg(1, 1, 'x', 'note'))
    time.advanceBy(10)
    actor().say(msg(1, 2, { symbol: 'a', at: 2 }, 'price'))
    time.advanceBy(1)
    expect(told()).toEqual(['a2'])
    time.advanceBy(50)
    actor().say(msg(1, 3, 'x', 'note'))
    time.advanceBy(60)
    say('old')
    actor().say(msg(1, 4, { symbol: 'b', at: 4 }, 'price'))
    time.advanceBy(1)
    expect(told()).toEqual(['a2', 'b4'])
    ana.close()
  })

  it('[HI9] that goes before anything came ends nothing else', () => {
    const { seen, time, ana } = inRoom({ policy: sample(100) })
    const states = see(ana.state$)
    seen.stop()
    time.advanceBy(100)
    expect(states.all.map(({ _tag }) => _tag)).toEqual(['Online'])
    ana.close()
  })

  it('[HI9] does not decode what it drops', () => {
    let decoded = 0
    const Counted = contract({ events: { price: { '~standard': { version: 1, vendor: 'spec', validate: (value: unknown) => { decoded++; return { value } } } } } }) // prettier-ignore
    const { client, actor, time } = stage(admits)
    const ana = client()
    const seen = see(ana.room('lobby', Counted).on('price', { policy: sample(100) }))
    time.advanceBy(100)
    actor().say(...Array.from({ length: 50 }, (_, at) => msg(1, at + 1, at, 'price')))
    time.advanceBy(200)
    expect([seen.all.length, decoded]).toEqual([2, 2])
    ana.close()
  })

  it('[HI9] of many subscriptions each has its own; what is held is told before a gap and at the end', () => {
    const { say, told, room, ana, time } = inRoom({ policy: sample(1_000) })
    const other = see(room.on('price', { policy: sample(50) }))
    say('a', 'b', 'hole', 'c', 'd')
    time.advanceBy(60)
    expect(told()).toEqual(['a1', 'b2', 'room/gap'])
    expect(other.all.map(codeOf)).toEqual(['', '', 'room/gap', ''])
    ana.close()
    time.advanceBy(1)
    expect(told()).toEqual(['a1', 'b2', 'room/gap', 'd5'])
  })
})

describe('a policy', () => {
  it('[HI8] [HI9] applies to what was before as to what comes next', () => {
    const { say, client, told, time, room, ana } = inRoom({ from: last(2), policy: sample(100) })
    say('a', 'b', 'c')
    time.advanceBy(200)
    expect(told()).toEqual(['a1', 'c3'])
    const nothing = see(room.on('note', { policy: sample(100) }))
    say('d')
    time.advanceBy(200)
    expect(nothing.all).toEqual([])
    ana.close()
    client().close()
  })

  it.each<[what: string, policy: unknown]>([
    ['a text', 'latest'],
    ['null', null],
    ['another object', { _tag: 'Other' }],
    ['no time', sample(0)],
    ['a time that is none', sample(NaN)],
    ['a policy by its name alone', { _tag: 'LatestBy', key: () => 1, everyMs: 0 }],
    ['a key that is no function', latestBy('symbol' as never)],
  ])('[HI8] [HI9] that is none is a Left: %s', (_, policy) => {
    const { seen, ana } = inRoom({ policy: policy as never })
    expect(codeOf(seen.only())).toBe('config/invalid')
    ana.close()
  })
})
