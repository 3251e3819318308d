import { expectTypeOf } from 'expect-type'
import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import type { Observable } from 'rxjs'
import * as z from 'zod'
import { contract, createClient, type DeclaredError, type ResultStream } from '../../lib/index.js'
import { type CallFailure, calls, clientCalls, command, query, stream } from '../../lib/features/calls/index.js'

const Shop = contract({
  events: { booked: t.number },
  calls: {
    free: query({ output: z.array(z.number()) }),
    book: command({
      input: z.object({ seat: z.string().transform(Number) }),
      output: t.string,
      errors: { taken: t.strict({ by: t.string }), closed: t.void },
    }),
    reset: command(),
    prices: stream({ input: t.union([t.string, t.undefined]), output: t.number }),
  },
})
const client = createClient({ url: 'wss://rooms.example.com' })
const room = client.room('concert', Shop).with(calls)
type Types = (typeof Shop)['calls']

expectTypeOf(room.call('free')).toEqualTypeOf<Observable<Either<CallFailure<Types['free']>, number[]>>>()
expectTypeOf(room.call('book', { seat: '3' })).toEqualTypeOf<Observable<Either<CallFailure<Types['book']>, string>>>()
expectTypeOf(room.call('reset')).toEqualTypeOf<Observable<Either<CallFailure<Types['reset']>, undefined>>>()
room.call('free', undefined, { withinMs: 5 })
room.call('prices')

// an answer fits wherever results do
expectTypeOf(room.call('book', { seat: '3' })).toExtend<ResultStream<string>>()

// the errors of a call are its own
type Book = Extract<CallFailure<Types['book']>, { readonly _tag: 'DeclaredError' }>
expectTypeOf<Book>().toEqualTypeOf<DeclaredError<'taken', { by: string }> | DeclaredError<'closed', void>>()
expectTypeOf<Extract<CallFailure<Types['free']>, { readonly _tag: 'DeclaredError' }>>().toEqualTypeOf<never>()

// @ts-expect-error: 'buy' is no call of the contract
room.call('buy')
// @ts-expect-error: the input is missing
room.call('book')
// @ts-expect-error: the input is of another type
room.call('book', { seat: 3 })
// @ts-expect-error: no input
room.call('reset', 1)

const Api = contract({ calls: { version: query({ output: t.string }) } })
expectTypeOf(client.with(clientCalls(Api)).call('version')).toExtend<ResultStream<string>>()
