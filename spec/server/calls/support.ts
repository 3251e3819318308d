import * as E from '#fp/Either'
import * as t from 'io-ts'
import { command, query, stream } from '../../../lib/contract/call-type.js'
import { contract } from '../../../lib/contract/contract.js'
import type { CallFrame, Left, Reply } from '../../../lib/protocol/frame.js'
import { type Answers, answers, type CallHandlers, serverAnswers } from '../../../lib/server/calls/answers.js'
import type { Caller, RoomCaller } from '../../../lib/server/calls/handled.js'
import type { RawPeer } from '../support/peer.js'

/** A contract with one call of each kind. */
export const shop = contract({
  calls: {
    price: query({ input: t.string, output: t.number, errors: { gone: t.string } }),
    buy: command({ input: t.string, output: t.number, errors: { gone: t.string } }),
    offers: stream({ input: t.number, output: t.string, errors: { gone: t.string } }),
  },
})

export type Handlers<C extends Caller = RoomCaller> = CallHandlers<(typeof shop)['calls'], C>

const unwanted: Handlers<Caller> = {
  price: () => [E.right(0)],
  buy: () => [E.right(0)],
  offers: () => [E.right('')],
}

/** Answers to the calls of the shop, in rooms. */
export const shopAnswers = (handlers: Partial<Handlers>): readonly [Answers] => [
  answers(shop, { ...unwanted, ...handlers }),
]

/** Answers to the calls of the shop, in no room. */
export const houseAnswers = (handlers: Partial<Handlers<Caller>>): readonly [Answers] => [
  serverAnswers(shop, { ...unwanted, ...handlers }),
]

const kinds = { price: 'query', buy: 'command', offers: 'stream' } as const

/** A call of the shop in the room `r`, with the id `c` and its number. */
export const call = (
  ch: number,
  name: keyof typeof kinds,
  data: unknown,
  more: Partial<CallFrame> = {},
): CallFrame => ({ t: 'call', ch, id: `c${ch}`, name, kind: kinds[name], room: 'r', data, withinMs: 1_000, ...more })

/** What a peer got for its calls since this was asked before, in words: `1 last 7`, `2 value 1 "a"`, `3 call/late retry`. */
export const told = (peer: RawPeer): readonly string[] =>
  peer
    .news()
    .filter((frame): frame is Reply | Left => 't' in frame && (frame.t === 'reply' || frame.t === 'left'))
    .map((frame) => {
      if (frame.t === 'left') return `${frame.ch} ${frame.code} ${frame.kind}`
      const { ch, is, n, error, data } = frame
      return [ch, is, ...(is === 'last' ? [] : [n]), error, data === undefined ? undefined : JSON.stringify(data)]
        .filter((part) => part !== undefined)
        .join(' ')
    })
