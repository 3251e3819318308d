import { expectTypeOf } from 'expect-type'
import type { Either } from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { left, right } from '#fp/Either'
import type { Observable } from 'rxjs'
import * as z from 'zod'
import {
  type Client,
  type CloseReport,
  type ConnectionState,
  contract,
  createClient,
  type Membership,
  type Message,
  type MessageOf,
  type Outgoing,
  type Receipt,
  type Result,
  type ResultStream,
  type RoomInfo,
  type Session,
  unchecked,
  type WebSocketError,
} from '../../lib/index.js'
import { manyRooms } from '../../lib/features/bulk/index.js'
import { latestBy, sample } from '../../lib/features/conflation/index.js'
import { endpoints } from '../../lib/features/endpoints/index.js'
import { events } from '../../lib/features/events/index.js'
import { intercept, interceptRooms } from '../../lib/features/interceptors/index.js'
import {
  after,
  cached,
  commits,
  history,
  historyLimits,
  type HistoryPage,
  last,
  live,
  stored,
} from '../../lib/features/history/index.js'
import { type Metrics, metrics, outbox, type OutboxState } from '../../lib/features/observe/index.js'
import { type SetOutcome, sharedState, type SharedState } from '../../lib/features/shared/index.js'
import { type Signal, signals } from '../../lib/features/signals/index.js'
import { createPool, type Resizing } from '../../lib/pool/index.js'
import { sharing } from '../../lib/sharing/index.js'
import { admission } from '../../lib/features/room-life/admission.js'

const Chat = contract({
  events: {
    message: t.strict({ text: t.string }),
    typing: t.void,
    moved: z.object({ at: z.string().transform(Number) }),
    raw: unchecked<readonly number[]>(),
  },
})
const client = createClient({ url: 'wss://rooms.example.com' })
const room = client.room('lobby', Chat)
const full = room.with(history, commits, signals, cached(50))

expectTypeOf(client).toEqualTypeOf<Client>()
// several servers instead of one
const several = createClient({ url: endpoints(['wss://a', () => 'wss://b', { url: 'wss://c', weight: 2 }]) })
expectTypeOf(several).toEqualTypeOf<Client>()
// a pool of clients
const pool = createPool({ size: 4, url: 'wss://a' })
expectTypeOf(pool.room('lobby', Chat)).toEqualTypeOf<typeof room>()
expectTypeOf(pool.room('lobby', Chat).with(history, commits, signals, cached(50))).toEqualTypeOf<typeof full>()
expectTypeOf(pool.resize(5)).toEqualTypeOf<Observable<Result<Resizing>>>()
createPool({ size: 2, member: (index) => ({ url: `wss://rooms-${index}` }) })
// @ts-expect-error: a pool has a size
createPool({ url: 'wss://a' })
// @ts-expect-error: a member has a url
createPool({ size: 2, member: () => ({}) })
expectTypeOf(sharing()).toEqualTypeOf<typeof createClient>()
type Online = Extract<ConnectionState, { readonly _tag: 'Online' }>
expectTypeOf<NonNullable<Online['endpoint']>['at']>().toEqualTypeOf<number>()
// @ts-expect-error: an endpoint has a url
endpoints([{ priority: 1 }])
expectTypeOf(client.state$).toEqualTypeOf<Observable<ConnectionState>>()
expectTypeOf(client.connect()).toEqualTypeOf<Observable<Result<Session>>>()
expectTypeOf(client.connect({ room })).toEqualTypeOf<Observable<Result<Session>>>()
expectTypeOf(client.close({ drainMs: 1_000 })).toEqualTypeOf<Observable<Result<CloseReport>>>()
expectTypeOf(full.commit({ epoch: 'E', offset: 1 })).toEqualTypeOf<Observable<Result<void>>>()

// a received payload is what the validator gives, a sent one what it takes
expectTypeOf(room.on('message')).toEqualTypeOf<Observable<Either<WebSocketError, Message<{ text: string }>>>>()
expectTypeOf(room.on('moved')).toEqualTypeOf<Observable<Result<Message<{ at: number }>>>>()
expectTypeOf(room.on('raw')).toEqualTypeOf<Observable<Result<Message<readonly number[]>>>>()
expectTypeOf(room.send('moved', { at: '7' })).toExtend<Observable<Result<Receipt>>>()
expectTypeOf(room.send('moved', { at: '7' })).toEqualTypeOf<Outgoing>()
expectTypeOf(room.post('typing').id).toEqualTypeOf<string>()
const observed = client.with(outbox, metrics, historyLimits({ inFlight: 2 }))
expectTypeOf(observed.outbox$).toEqualTypeOf<Observable<OutboxState>>()
expectTypeOf(observed.metrics$).toEqualTypeOf<Observable<Metrics>>()
expectTypeOf(observed.state$).toEqualTypeOf<Observable<ConnectionState>>()
expectTypeOf(room.membership$).toEqualTypeOf<Observable<Membership>>()
expectTypeOf(room.join(admission({ mustExist: true }))).toEqualTypeOf<Observable<Result<RoomInfo>>>()
expectTypeOf(room.leave()).toEqualTypeOf<Observable<Result<{ readonly stillHeldBy: number }>>>()
expectTypeOf(manyRooms(client, ['a', 'b'], Chat).on('message')).toEqualTypeOf<
  Observable<Result<Message<{ text: string }>>>
>()

// the event of a message tells its payload
type Any = Extract<
  ReturnType<typeof room.messages> extends Observable<Either<WebSocketError, infer M>> ? M : never,
  { readonly event: 'message' }
>
expectTypeOf<Any['data']>().toEqualTypeOf<{ text: string }>()

// signals have the events of the contract
expectTypeOf(full.signal('typing')).toEqualTypeOf<Observable<Result<void>>>()
expectTypeOf(full.signal('moved', { at: '7' })).toEqualTypeOf<Observable<Result<void>>>()
expectTypeOf(full.signals('moved')).toEqualTypeOf<Observable<Result<Signal<{ at: number }>>>>()
// @ts-expect-error no such event
full.signal('shout')

// void payloads need no argument, options come after the payload
room.post('typing')
room.send('typing')
room.send('typing', undefined, { withinMs: 5 })
room.send('message', { text: 'a' }, { withinMs: 5 })
room.on('message', { from: last(10) })
room.on('message', { from: after({ epoch: 'e', offset: 3 }) })
room.on('message', { from: live({ window: 5 }) })
full.on('message', { from: 'live' })

// @ts-expect-error no such event
room.on('mesage')
// @ts-expect-error no such event
room.post('mesage', { text: 'a' })
// @ts-expect-error wrong payload
room.post('message', { txt: 'a' })
// @ts-expect-error a payload is missing
room.send('message')
// @ts-expect-error void takes none
room.post('typing', 1)
// @ts-expect-error the transform's input is a text
room.send('moved', { at: 7 })
room.on('message', { from: stored(), policy: sample(50) })
room.on('message', { policy: latestBy(({ data, from }) => [data.text, from.user].join()) })
room.messages({ policy: latestBy(({ event }) => event) })
expectTypeOf(full.history({ last: 10 })).toEqualTypeOf<ResultStream<HistoryPage<MessageOf<typeof Chat>>>>()

// @ts-expect-error no such start
room.on('message', { from: 'now' })
// @ts-expect-error no such field
room.on('message', { policy: latestBy(({ data }) => data.txt) })
// @ts-expect-error how many
full.history({})
// @ts-expect-error url is needed
createClient({})
// @ts-expect-error no such option
createClient({ url: 'wss://a', autoconnect: true })
// @ts-expect-error tokens are not plain texts
createClient({ url: 'wss://a', token: 7 })

// shared state has the types of its validators, in both directions
const poll = room.with(sharedState({ topic: t.string, at: t.number }))
expectTypeOf(poll.shared$).toEqualTypeOf<ResultStream<SharedState<{ topic: t.StringC; at: t.NumberC }>>>()
expectTypeOf(poll.set('at', 7)).toEqualTypeOf<ResultStream<SetOutcome<number>>>()
// @ts-expect-error the value has another type
poll.set('topic', 7)
// @ts-expect-error there is no such key
poll.drop('votes')

// [IC12] interceptors have the types of the contract, and change none of the handle
const checked = room.with(
  intercept(Chat, {
    inbound: {
      moved: (data, { name, room: place }) => {
        expectTypeOf(data).toEqualTypeOf<{ at: number }>()
        expectTypeOf([name, place]).toEqualTypeOf<(string | undefined)[]>()
        return right(data)
      },
    },
    outbound: {
      moved: (data) => {
        expectTypeOf(data).toEqualTypeOf<{ at: string }>()
        return left('no')
      },
    },
  }),
)
expectTypeOf(checked.on('moved')).toEqualTypeOf<Observable<Result<Message<{ at: number }>>>>()
expectTypeOf(client.with(interceptRooms(Chat, {})).room('a', Chat)).toEqualTypeOf(client.room('a', Chat))
// @ts-expect-error there is no such event
intercept(Chat, { inbound: { shouted: (data: string) => right(data) } })
// @ts-expect-error the value has another type
intercept(Chat, { inbound: { moved: () => right({ at: 'here' }) } })
// @ts-expect-error the room has another contract
client.room('b', contract({ events: { other: t.string } })).with(intercept(Chat, {}))

// events have the events of the contract, of the handle that they are added to
const news = client.with(events(Chat))
expectTypeOf(news.on('moved')).toEqualTypeOf<Observable<Result<Message<{ at: number }>>>>()
expectTypeOf(news.on('moved', { only: 'user', policy: sample(100) })).toEqualTypeOf<
  Observable<Result<Message<{ at: number }>>>
>()
expectTypeOf(news.messages({ from: last(3) })).toEqualTypeOf<Observable<Result<MessageOf<typeof Chat>>>>()
expectTypeOf(news.broadcast('moved', { at: '1' }, { to: 'all' })).toEqualTypeOf<Outgoing>()
expectTypeOf(news.broadcast('typing', undefined, { to: { user: 'ana' }, withinMs: 1 })).toEqualTypeOf<Outgoing>()
expectTypeOf(news.room).toEqualTypeOf<Client['room']>()
// @ts-expect-error the receivers are missing
news.broadcast('raw', [1])
// @ts-expect-error there are no such receivers
news.broadcast('raw', [1], { to: { group: 'a' } })
// @ts-expect-error there is no such event
news.on('shouted')
// @ts-expect-error the payload is another one
news.broadcast('message', { text: 1 }, { to: 'all' })
