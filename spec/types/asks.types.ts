import { expectTypeOf } from 'expect-type'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { type Observable, of } from 'rxjs'
import * as z from 'zod'
import { contract, createClient, type ResultStream, type WebSocketError } from '../../lib/index.js'
import {
  type AskCaller,
  type AskedMember,
  asks,
  type CallFailure,
  clientAsks,
  command,
  declared,
  type MemberResult,
  query,
  stream,
} from '../../lib/features/calls/index.js'
import { memory } from '../../lib/server/memory.js'
import { createRoomServer } from '../../lib/server/server.js'

const Table = contract({
  events: { booked: t.number },
  calls: {
    vote: query({
      input: z.object({ on: z.string().transform(Number) }),
      output: z.boolean(),
      errors: { busy: t.strict({ for: t.number }) },
    }),
    leave: command(),
    prices: stream({ output: t.number }),
  },
})
const client = createClient({ url: 'wss://rooms.example.com' })
const room = client.room('table-4', Table).with(asks)
type Types = (typeof Table)['calls']

// each item is the result of a member, with the output and the errors of this call
const votes = room.ask('vote', { on: '3' }, { until: 'quorum', withinMs: 5 })
expectTypeOf(votes).toEqualTypeOf<Observable<Either<WebSocketError, MemberResult<Types['vote']>>>>()
expectTypeOf<MemberResult<Types['vote']>['member']>().toEqualTypeOf<AskedMember>()
expectTypeOf<MemberResult<Types['vote']>['result']>().toEqualTypeOf<Either<CallFailure<Types['vote']>, boolean>>()
expectTypeOf(votes).toExtend<ResultStream<MemberResult<Types['vote']>>>()
room.ask('leave')
room.ask('leave', undefined, { until: 3 })

// a handler gets the decoded input, and gives an answer, a promise or an Observable of it
expectTypeOf(
  room.answer('vote', ({ on }, caller) => {
    expectTypeOf(on).toEqualTypeOf<number>()
    expectTypeOf(caller).toEqualTypeOf<AskCaller>()
    return on > 3 ? E.right(true) : declared('busy', { for: 5 })
  }),
).toEqualTypeOf<ResultStream<void>>()
room.answer('vote', () => Promise.resolve(E.right(false)))
room.answer('leave', () => of(E.right(undefined)))

// @ts-expect-error: members do not answer streams
room.ask('prices')
// @ts-expect-error: members do not answer streams
room.answer('prices', () => [E.right(1)])
// @ts-expect-error: 'sing' is no call of the contract
room.ask('sing')
// @ts-expect-error: the input is missing
room.ask('vote')
// @ts-expect-error: the input is of another type
room.ask('vote', { on: 3 })
// @ts-expect-error: no such rule
room.ask('leave', undefined, { until: 'most' })
// @ts-expect-error: the output is of another type
room.answer('vote', () => [E.right(7)])
// @ts-expect-error: the contract declares no such error
room.answer('vote', () => [declared('gone', { for: 5 })])

// a client answers what is for its user
const answering = client.with(clientAsks(Table))
expectTypeOf(answering.answer('vote', () => [E.right(true)])).toEqualTypeOf<ResultStream<void>>()
// @ts-expect-error: members do not answer streams
answering.answer('prices', () => [E.right(1)])
expectTypeOf(answering).not.toHaveProperty('ask')

// a server asks by the contract
const server = createRoomServer({ engine: memory() })
const asked = server.to({ user: 'ana' }).ask(Table, 'vote', { on: '3' })
expectTypeOf(asked).toEqualTypeOf<Observable<Either<WebSocketError, MemberResult<Types['vote']>>>>()
// @ts-expect-error: members do not answer streams
server.to({ room: 'table-4' }).ask(Table, 'prices')
// @ts-expect-error: the input is missing
server.to({ room: 'table-4' }).ask(Table, 'vote')
