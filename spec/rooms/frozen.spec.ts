import * as t from 'io-ts'
import { z } from 'zod'
import * as E from '#fp/Either'
import { anything, contract } from '../../lib/contract/contract.js'
import { unchecked } from '../../lib/contract/validator.js'
import { frozen } from '../../lib/core/frozen.js'
import { cached, history, last } from '../../lib/features/history/index.js'
import { outbox } from '../../lib/features/observe/index.js'
import { signals } from '../../lib/features/signals/index.js'
import { world } from '../../lib/testing/world.js'
import { right, see } from '../support/seen.js'

const Order = z.object({ tags: z.array(z.string()) })
const kinds: readonly [string, unknown][] = [
  ['t.strict', t.strict({ tags: t.array(t.string) })],
  ['t.type', t.type({ tags: t.array(t.string) })],
  ['zod', Order],
  ['unchecked', unchecked()],
]
interface Got {
  readonly data: { readonly tags: string[] }
}
/** Changes what it got, as far as that can be done. */
const meddle = (message: unknown): void => {
  if (E.isLeft(message as E.Either<unknown, Got>)) return
  const { data } = right(message as E.Either<never, Got>)
  try {
    data.tags.push('mine')
    Object.assign(data, { tags: [] })
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(TypeError)
  }
}
const tagsOf = (all: readonly unknown[]) => all.map((message) => right(message as E.Either<never, Got>).data.tags)

describe('a message that more than one gets', () => {
  it.each(kinds)('[RM19] cannot be changed for the others: %s', (_, validator) => {
    const Shop = contract({ events: { order: validator as typeof Order } })
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('shop', Shop).with(cached(10))
    room.on('order').subscribe(meddle)
    const beside = [see(room.on('order')), see(room.messages()), see(ana.room('shop', anything).on('order'))]
    time.advanceBy(100)
    ben.room('shop', Shop).post('order', { tags: ['new'] })
    time.advanceBy(100)
    beside.push(see(room.on('order', { from: last(1) })))
    time.advanceBy(100)
    expect(beside.map(({ all }) => tagsOf(all))).toEqual(beside.map(() => [['new']]))
    expect(end()).toBe(0)
  })

  it('[RM19] one who is alone may do with it what he likes, unless it is kept', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const alone = see(ana.room('shop', anything).on('order'))
    const kept = ana.room('other', anything).with(cached(10))
    const first = see(kept.on('order'))
    time.advanceBy(100)
    for (const name of ['shop', 'other']) ben.room(name, anything).post('order', { tags: ['new'] })
    time.advanceBy(100)
    alone.all.forEach(meddle)
    first.all.forEach(meddle)
    const later = see(kept.on('order', { from: last(1) }))
    time.advanceBy(100)
    expect([tagsOf(alone.all), tagsOf(first.all), tagsOf(later.all)]).toEqual([[[]], [['new']], [['new']]])
    expect(end()).toBe(0)
  })

  it('[RM19] signals too', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const room = ana.room('shop', anything).with(signals)
    room.signals('order').subscribe(meddle)
    const beside = see(room.signals('order'))
    const sender = ben.room('shop', anything).with(signals)
    see(sender.join())
    time.advanceBy(100)
    sender.signal('order', { tags: ['new'] })
    time.advanceBy(100)
    expect(tagsOf(beside.all)).toEqual([['new']])
    expect(end()).toBe(0)
  })

  it('[RM19] freezes what is plain, and nothing else', () => {
    const value = { list: [{ a: 1 }], at: new Date(0), map: new Map([['a', { b: 1 }]]), bytes: new Uint8Array(1) }
    const loop: Record<string, unknown> = { value }
    loop['self'] = loop
    expect(frozen(loop)).toBe(loop)
    expect([loop, value, value.list, value.list[0]].every((each) => Object.isFrozen(each))).toBe(true)
    expect([value.at, value.map, value.map.get('a'), value.bytes].some((each) => Object.isFrozen(each))).toBe(false)
  })
})

describe('what a client says of itself', () => {
  it('[CT60] has many owners, and is frozen: states, what a room grants, receipts, the outbox, pages of history', () => {
    const { client, time, end } = world()
    const ana = client()
    const room = ana.room('shop', anything).with(history)
    const seen = [see(ana.state$), see(ana.session$), see(ana.with(outbox).outbox$), see(room.membership$)]
    const joined = see(room.join())
    time.advanceBy(100)
    const sent = see(room.send('order', { tags: ['new'] }))
    time.advanceBy(100)
    const page = see(room.history({ last: 1 }))
    time.advanceBy(100)
    const melted: unknown[] = []
    const look = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      if (!Object.isFrozen(value)) melted.push(value)
      Object.values(value).forEach(look)
    }
    for (const { all } of seen) all.forEach(look)
    look(right(joined.only()))
    look(right(sent.only()))
    look(right(page.only()).messages)
    expect(melted).toEqual([])
    expect(end()).toBe(0)
  })
})
