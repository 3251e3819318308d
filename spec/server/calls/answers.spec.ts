import * as E from '#fp/Either'
import * as t from 'io-ts'
import { contract } from '../../../lib/contract/contract.js'
import { query } from '../../../lib/contract/call-type.js'
import { memory } from '../../../lib/server/memory.js'
import { type Answers, answers, serverAnswers } from '../../../lib/server/calls/answers.js'
import { createRoomServer } from '../../../lib/server/server.js'
import { left, see } from '../../support/seen.js'
import { shop, shopAnswers } from './support.js'

/** The message of the fault of a server with these answers; nothing for a sound one. */
const faultOf = (calls: unknown): string | undefined => {
  const server = createRoomServer({ engine: memory(), calls: calls as readonly Answers[] })
  const answer = see(server.rooms.get('r').info()).only()
  server.close()
  return E.isLeft(answer) ? answer.left.message : undefined
}

const handlers = { price: () => [E.right(1)], buy: () => [E.right(1)], offers: () => [E.right('')] }
const untyped = answers as (contract: unknown, handlers: unknown) => Answers

describe('the option calls', () => {
  it('[SV199] takes the answers of contracts, each name once for rooms and once for the server', () => {
    expect(faultOf([])).toBeUndefined()
    expect(faultOf([answers(shop, handlers), serverAnswers(shop, handlers)])).toBeUndefined()
    expect(faultOf([...shopAnswers({}), ...shopAnswers({})])).toContain('room price is answered twice')
  })

  it.each<[string, unknown, string]>([
    ['no list', {}, 'calls is an object'],
    ['something else in the list', [{}], 'calls is an array of 1'],
    ['no contract', [untyped({}, {})], 'calls is an object'],
    ['nothing', [untyped(undefined, undefined)], 'calls is undefined'],
    ['no handlers', [untyped(shop, undefined)], 'calls is undefined'],
    ['[CT24] handlers in a collection', [untyped(shop, new Map(Object.entries(handlers)))], 'calls is an object'],
    ['[CT24] a contract of a collection', [untyped(contract({ calls: new Map() as never }), {})], 'calls is an object'],
    ['a missing handler', [untyped(shop, { ...handlers, buy: undefined })], 'calls is undefined'],
    ['a handler of no call', [untyped(shop, { ...handlers, sell: handlers.buy })], 'sell'],
    [
      'a contract that is not sound',
      [untyped(contract({ calls: { price: query({ input: 7 as never }) } }), { price: handlers.price })],
      'not sound',
    ],
    [
      'a contract that throws',
      [
        untyped(
          {
            get events() {
              throw new Error('boom')
            },
          },
          {},
        ),
      ],
      'calls is an object',
    ],
  ])('[SV199] is refused with %s, by a server that lets nobody in', (_, calls, said) => {
    expect(faultOf(calls)).toContain(said)
  })

  it('[SV199] names the handler that is missing, and the remedy', () => {
    const server = createRoomServer({
      engine: memory(),
      calls: [untyped(shop, { ...handlers, buy: 7 })],
    })
    expect(left(see(server.rooms.get('r').info()).only())).toMatchObject({
      code: 'config/invalid',
      option: 'calls',
      remedy: expect.stringContaining('the handler of buy') as string,
    })
  })

  it('[SV199] does not call the validators of a contract that has no calls', () => {
    expect(faultOf([untyped(contract({ events: { message: t.string } }), {})])).toBeUndefined()
  })
})
