import * as t from 'io-ts'
import * as E from '#fp/Either'
import { anything, contract } from '../../lib/contract/contract.js'
import { world } from '../../lib/testing/world.js'
import { Chat, data, texts } from '../support/chat.js'
import { left, right, see } from '../support/seen.js'

describe('payloads', () => {
  it('[RM10] that do not decode are Left(DecodeError) at their place, and the stream goes on', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const heard = see(ana.room('lobby', Chat).on('message'))
    time.advanceBy(100)
    const anybody = ben.room('lobby', anything)
    for (const value of [{ text: 'a' }, { text: 7 }, 'x'.repeat(10_000), null, { text: 'b', more: 1 }])
      anybody.post('message', value)
    time.advanceBy(100)
    expect(texts(heard.all)).toEqual(['a', 'decode/payload', 'decode/payload', 'decode/payload', 'b'])
    expect(left(heard.all[1]!)).toMatchObject({
      _tag: 'DecodeError',
      room: 'lobby',
      event: 'message',
      path: 'text',
      expected: 'string',
      actual: '7',
      position: { offset: 2 },
    })
    for (const bad of heard.all.filter(E.isLeft)) expect(JSON.stringify(bad).length).toBeLessThan(700)
    expect(right(heard.all[4]!).data).toEqual({ text: 'b' })
    expect(end()).toBe(0)
  })

  it('[RM10] two contracts on one room decode for themselves; a validator is asked once, and only if somebody listens', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const asked: unknown[] = []
    const counting = new t.Type<number, number>(
      'counting',
      t.number.is,
      (value, context) => {
        asked.push(value)
        return t.number.validate(value, context)
      },
      (value) => value,
    )
    const Counted = contract({ events: { message: counting } })
    const counted = ana.room('lobby', Counted)
    const [first, second] = [see(counted.on('message')), see(counted.on('message'))]
    const strings = see(ana.room('lobby', contract({ events: { message: t.string } })).on('message'))
    time.advanceBy(100)
    ben.room('lobby', anything).post('message', 1)
    time.advanceBy(100)
    expect([data(first.all), data(second.all), data(strings.all)]).toEqual([[1], [1], ['decode/payload']])
    expect(asked).toEqual([1])
    first.stop()
    second.stop()
    ben.room('lobby', anything).post('message', 2)
    time.advanceBy(100)
    expect(asked).toEqual([1])
    expect(strings.all).toHaveLength(2)
    expect(end()).toBe(0)
  })

  it('[RM11] messages() has every event of the contract in the order of the room, and none but those', () => {
    const { client, time, end } = world()
    const [ana, ben] = [client(), client()]
    const [chat, open] = [see(ana.room('lobby', Chat).messages()), see(ana.room('lobby', anything).messages())]
    time.advanceBy(100)
    const anybody = ben.room('lobby', anything)
    for (const event of ['message', 'typing', 'other', 'message', 'toString']) {
      anybody.post(event, event === 'message' ? { text: 'x' } : undefined)
    }
    time.advanceBy(100)
    const events = (seen: { readonly all: readonly Parameters<typeof right>[0][] }) =>
      seen.all.map((message) => (right(message) as { readonly event: string }).event)
    expect(events(chat)).toEqual(['message', 'typing', 'message'])
    expect(events(open)).toEqual(['message', 'typing', 'other', 'message', 'toString'])
    expect(end()).toBe(0)
  })
})
