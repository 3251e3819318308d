import * as E from '#fp/Either'
import type { Parts } from '../../client/parts.js'
import { portOf } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import type { AnyContract } from '../../contract/contract.js'
import { optionFault, whole } from '../../core/check.js'
import type { Result, ResultStream } from '../../core/result.js'
import { Stream } from '../../core/stream.js'
import type { Extension } from '../../kernel/extension.js'
import { positionOf, type RoomRecord } from '../../rooms/record.js'
import { internalSink, type Sink, withoutSink, withSink } from '../../rooms/sink.js'
import { type Cache, caches as cachesOf } from './cache.js'
import { followers } from './followers.js'
import { requests } from './requests.js'

/** The caches of rooms' latest messages. Call in a turn. */
interface Caches extends Extension {
  /** Caches the latest messages of a held room from now on, until it is left. */
  readonly keep: (room: RoomRecord, messages: number) => void
}

const caches = (parts: Parts): Caches => {
  const { limits } = parts.get(requests)
  const made = cachesOf(() => limits().cacheBytes)
  const kept = new Map<RoomRecord, { readonly cache: Cache; readonly sink: Sink }>()
  parts.get(followers).useCache((room, after) => kept.get(room)?.cache.after(after, room.offset))
  parts.rooms.use({
    forget: (room) => {
      const known = kept.get(room)
      if (!known) return
      known.cache.clear()
      room.sinks = withoutSink(room.sinks, known.sink)
      kept.delete(room)
    },
  })
  return {
    keep: (room, messages) => {
      const known = kept.get(room)
      if (known) {
        known.cache.widen(messages)
        return
      }
      const cache = made.make(messages, positionOf(room))
      const sink = internalSink({
        take: ({ epoch, frame, plain }) => {
          cache.keep(epoch, { frame, plain })
        },
        gap: cache.clear,
        close: cache.clear,
      })
      kept.set(room, { cache, sink })
      room.sinks = withSink(room.sinks, sink)
    },
  }
}

const checks = { messages: /*#__PURE__*/ whole(0) }

/** The members of a room that the feature `cached` replaces. */
export type Cached<C extends AnyContract> = Pick<Room<C>, 'on' | 'messages' | 'join'>

/**
 * Keeps so many of the room's latest messages in this client while anybody holds the room, so that a later subscription
 * with `from` need not ask the server. Begins with the first subscription or join through this handle. All rooms share
 * `historyLimits({ cacheBytes })`, by default 16 MiB.
 */
export const cached =
  (messages: number) =>
  <C extends AnyContract>(room: Room<C>): Cached<C> => {
    const { parts, name } = portOf(room)
    const { turns, diagnostics } = parts.kernel
    const fault = optionFault({ messages }, checks)
    const keep = (): void => {
      turns.command(() => {
        const record = parts.rooms.interest.known(name)
        if (record && record.holds > 0 && messages > 0) parts.get(caches).keep(record, messages)
      })
    }
    const kept = <T>(source: ResultStream<T>): ResultStream<T> =>
      new Stream<Result<T>>(diagnostics.threw, (to) => {
        if (fault) {
          to.next(E.left(fault))
          to.complete()
          return
        }
        to.add(source.subscribe(to))
        keep()
      })
    return {
      on: (event, options) => kept(room.on(event, options)),
      messages: (options) => kept(room.messages(options)),
      join: (options) => {
        if (fault) return kept(room.join(options))
        const answer$ = room.join(options)
        keep()
        return answer$
      },
    }
  }
