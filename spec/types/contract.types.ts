import type { StandardSchemaV1 } from '@standard-schema/spec'
import { expectTypeOf } from 'expect-type'
import * as t from 'io-ts'
import * as v from 'valibot'
import { z } from 'zod'
import {
  type AnyContract,
  anything,
  type Args,
  contract,
  type Contract,
  type EventOf,
  type OpenContract,
  type Received,
  type Sent,
} from '../../lib/contract/contract.js'
import { unchecked } from '../../lib/contract/validator.js'

declare const DateText: t.Type<Date, string>

const Message = t.strict({ text: t.string, at: DateText })
const Chat = contract({
  events: {
    message: Message,
    typing: t.void,
    gone: t.undefined,
    moved: z.object({ x: z.number(), label: z.string().default('') }),
    length: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
    raw: unchecked<Uint8Array>(),
    branded: t.brand(t.string, (_text): _text is t.Branded<string, { readonly Id: symbol }> => true, 'Id'),
    any: t.any,
    unknown: t.unknown,
    maybe: t.union([t.string, t.undefined]),
    never: t.never,
  },
})
type Chat = typeof Chat

// [CO20] The names of the events.
expectTypeOf<EventOf<Chat>>().toEqualTypeOf<
  'message' | 'typing' | 'gone' | 'moved' | 'length' | 'raw' | 'branded' | 'any' | 'unknown' | 'maybe' | 'never'
>()

// [CO20] io-ts: the decoded type both ways.
expectTypeOf<Sent<Chat, 'message'>>().toEqualTypeOf<{ text: string; at: Date }>()
expectTypeOf<Received<Chat, 'message'>>().toEqualTypeOf<{ text: string; at: Date }>()

// [CO20] Standard Schema: its input is sent, its output received.
expectTypeOf<Sent<Chat, 'moved'>>().toEqualTypeOf<{ x: number; label?: string | undefined }>()
expectTypeOf<Received<Chat, 'moved'>>().toEqualTypeOf<{ x: number; label: string }>()
expectTypeOf<Sent<Chat, 'length'>>().toEqualTypeOf<string>()
expectTypeOf<Received<Chat, 'length'>>().toEqualTypeOf<number>()

// [CO20] Unchecked: what it was said to be.
expectTypeOf<Sent<Chat, 'raw'>>().toEqualTypeOf<Uint8Array>()
expectTypeOf<Received<Chat, 'raw'>>().toEqualTypeOf<Uint8Array>()

// [CO21] Arguments: none for void and undefined, one for all else.
expectTypeOf<Args<Chat, 'typing'>>().toEqualTypeOf<[]>()
expectTypeOf<Args<Chat, 'gone'>>().toEqualTypeOf<[]>()
expectTypeOf<Args<Chat, 'message'>>().toEqualTypeOf<[data: { text: string; at: Date }]>()
expectTypeOf<Args<Chat, 'any'>['length']>().toEqualTypeOf<1>()
expectTypeOf<Args<Chat, 'unknown'>>().toEqualTypeOf<[data: unknown]>()
expectTypeOf<Args<Chat, 'maybe'>>().toEqualTypeOf<[data: string | undefined]>()
expectTypeOf<Args<Chat, 'never'>>().toEqualTypeOf<[data: never]>()

// [CO22] A contract is some contract, and an object of events is none.
expectTypeOf<Chat>().toExtend<AnyContract>()
const Small = contract({ events: { ping: t.void } })
expectTypeOf(Small).toEqualTypeOf<Contract<{ ping: t.VoidC }>>()
expectTypeOf(Small).toExtend<AnyContract>()
expectTypeOf(Small.faults).toEqualTypeOf<readonly string[]>()
// @ts-expect-error only `contract` makes contracts
expectTypeOf<{ readonly events: { readonly ping: t.VoidC } }>().toExtend<AnyContract>()

// [CO23] As handles use it.
declare const send: <K extends EventOf<Chat>>(event: K, ...args: Args<Chat, K>) => void
send('typing')
send('message', { text: 'hi', at: new Date(0) })
send('moved', { x: 1 })
// @ts-expect-error an event that the contract does not name
send('massage', { text: 'hi' })
// @ts-expect-error the encoded form is not what is passed
send('message', { text: 'hi', at: '2026-11-23' })
// @ts-expect-error a payload is missing
send('message')
// @ts-expect-error a void event takes no payload
send('typing', {})
// @ts-expect-error the output of a schema is not its input
send('length', 4)

// [CO24] Any event and unknown payloads.
expectTypeOf(anything).toEqualTypeOf<OpenContract>()
expectTypeOf<OpenContract>().toExtend<AnyContract>()
expectTypeOf<EventOf<OpenContract>>().toEqualTypeOf<string>()
expectTypeOf<Sent<OpenContract, string>>().toEqualTypeOf<unknown>()
expectTypeOf<Received<OpenContract, string>>().toEqualTypeOf<unknown>()
expectTypeOf<Args<OpenContract, string>>().toEqualTypeOf<[data: unknown]>()

// [CO25] Some contract: nothing is known of its payloads, and nothing is `any`.
expectTypeOf<EventOf<AnyContract>>().toEqualTypeOf<string>()
expectTypeOf<Received<AnyContract, string>>().not.toBeAny()

// [CO25] Standard Schema first.
type Twofold = t.Type<number> & StandardSchemaV1<string, boolean>
type Both = Contract<{ both: Twofold }>
expectTypeOf<Sent<Both, 'both'>>().toEqualTypeOf<string>()
expectTypeOf<Received<Both, 'both'>>().toEqualTypeOf<boolean>()

// @ts-expect-error not a validator
contract({ events: { message: 5 } })
// @ts-expect-error not a validator either
contract({ events: { message: { decode: () => null } } })
// @ts-expect-error events are what a contract is about
contract({})
