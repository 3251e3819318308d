import { AsyncSubject, Observable, type Subscriber } from 'rxjs'
import * as E from '#fp/Either'
import { decoderOf, encoderOf } from '../contract/compile.js'
import type { AnyContract, OpenContract } from '../contract/contract.js'
import type { Decoder } from '../contract/mismatch.js'
import { excerpt, roomError, type WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { type Report, stream, Stream } from '../core/stream.js'
import { bounds } from '../protocol/frame.js'
import { byteLength } from '../protocol/utf8.js'
import { joinOverdue } from '../rooms/error.js'
import { type Membership, out, type RoomInfo } from '../rooms/membership.js'
import type { Message } from '../rooms/message.js'
import type { RoomRecord } from '../rooms/record.js'
import { type Sink, sink as newSink } from '../rooms/sink.js'
import type { JoinOptions, OnOptions, Room, SendOptions } from './room.js'
import type { Sending } from './sending.js'
import { blame, type Wired } from './wire.js'

/** What is wrong with a room's name, if anything is. */
export const nameFault = (name: unknown): WebSocketError | undefined =>
  typeof name === 'string' && name !== '' && byteLength(name) <= bounds.roomBytes
    ? undefined
    : roomError({
        code: 'room/invalid-name',
        message: `${excerpt(name)} is not a room's name.`,
        remedy: `Write a text of 1 to ${bounds.roomBytes} bytes.`,
        kind: 'terminal',
        room: typeof name === 'string' ? name.slice(0, 64) : '',
      })

/** Emits one result and completes. */
export const answer = <T>(to: Subscriber<Result<T>>, result: Result<T>): void => {
  to.next(result)
  to.complete()
}

/** What handles share: the parts of the client, its sends, and why it is over, if it is. */
export interface Shared {
  readonly wired: Wired
  readonly sending: Sending
  readonly over: () => WebSocketError | undefined
}

/** Which events a subscription wants, and a key that is equal for equal wishes. */
export interface Wish {
  readonly key: unknown
  readonly decoder: (event: string) => Decoder | undefined
}

/** One event of a contract. Its decoder is made once per contract: it is the key, with the event's name. */
export const oneEvent = (contract: AnyContract, event: string): Wish => {
  const decode = decoderOf(contract, event)
  return { key: keyOf(decode, event), decoder: (name) => (name === event ? decode : undefined) }
}

/** Every event of a contract. */
export const everyEvent = (contract: AnyContract | OpenContract): Wish => ({
  key: contract,
  decoder: (name) =>
    'open' in contract || Object.hasOwn(contract.events, name) ? decoderOf(contract, name) : undefined,
})

const keys = /*#__PURE__*/ new WeakMap<Decoder, Map<string, object>>()
const keyOf = (decode: Decoder, event: string): object => {
  const byEvent = keys.get(decode) ?? new Map<string, object>()
  keys.set(decode, byEvent)
  const key = byEvent.get(event) ?? {}
  byEvent.set(event, key)
  return key
}

/** A handle on a room: its own hold, the shared record. */
export const handle = <C extends AnyContract>(name: string, contract: C, shared: Shared): Room<C> => {
  const { wired, sending } = shared
  const { turns, rooms, config, deadlines } = wired
  const report: Report = blame(wired)
  const fault = nameFault(name)
  let held: RoomRecord | undefined

  const listen = (wish: Wish, { from = 'live' }: OnOptions = {}): ResultStream<Message<unknown>> =>
    new Stream(report, (to) => {
      let joined: { readonly room: RoomRecord; readonly sink: Sink } | undefined
      turns.command(() => {
        const over = shared.over() ?? fault
        if (over)
          turns.publish(() => {
            answer(to, E.left(over))
          })
        if (over || to.closed) return
        const room = rooms.interest.of(name)
        const sink = room.sinks.find(({ key }) => key === wish.key) ?? newSink(wish.key, wish.decoder)
        joined = { room, sink }
        to.add(sink.to.subscribe(to))
        rooms.subscribe(room, sink, from === 'live' ? undefined : from)
      })
      return () => {
        turns.command(() => {
          if (joined) rooms.unsubscribe(joined.room, joined.sink)
        })
      }
    })

  const address = (event: string, options?: SendOptions) => ({
    room: name,
    event,
    encode: encoderOf(contract, event),
    withinMs: options?.withinMs,
  })

  const join = (options: JoinOptions = {}): ResultStream<RoomInfo> =>
    new Stream(report, (to) => {
      turns.command(() => {
        if (to.closed) return
        const told = (result: Result<RoomInfo>): void => {
          turns.publish(() => {
            answer(to, result)
          })
        }
        const over = shared.over() ?? fault
        if (over) {
          told(E.left(over))
          return
        }
        const room = held ?? rooms.interest.of(name)
        const { joinMs } = config.deadlines
        const overdue = deadlines.after(joinMs, () => {
          turns.enter(() => {
            told(E.left(joinOverdue(name, joinMs)))
          })
        })
        to.add(() => {
          overdue.cancel()
        })
        rooms.join(room, options, told)
        if (!held) rooms.interest.hold(room)
        held = room
      })
    })

  const leave = (): ResultStream<{ readonly stillHeldBy: number }> => {
    const result$ = new AsyncSubject<Result<{ readonly stillHeldBy: number }>>()
    turns.command(() => {
      const room = held ?? rooms.interest.known(name)
      if (held) rooms.release(held)
      held = undefined
      const stillHeldBy = room?.holds ?? 0
      turns.publish(() => {
        result$.next(E.right({ stillHeldBy }))
        result$.complete()
      })
    })
    return stream(report, result$)
  }

  const membership$ = new Stream<Membership>(report, (to) => {
    if (fault || shared.over()) {
      const error = fault ?? shared.over()
      to.next(error ? { _tag: 'Refused', error } : out)
      to.complete()
      return undefined
    }
    const room = rooms.interest.of(name)
    to.add(rooms.watch(room).changes$.subscribe(to))
    return () => {
      turns.command(() => {
        rooms.unwatch(room)
      })
    }
  })

  const made = {
    name,
    on: (event: string, options?: OnOptions) => listen(oneEvent(contract, event), options),
    messages: (options?: OnOptions) => listen(everyEvent(contract), options),
    membership$: membership$ as Observable<Membership>,
    join,
    leave,
    send: (event: string, data?: unknown, options?: SendOptions) => sending.send(address(event, options), data),
    post: (event: string, data?: unknown) => sending.post(address(event), data),
  }
  return Object.freeze(made) as unknown as Room<C>
}
