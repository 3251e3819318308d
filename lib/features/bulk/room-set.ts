import * as E from '#fp/Either'
import { start } from '../../client/action.js'
import type { Client } from '../../client/client.js'
import { everyEvent, type Listening, listenTo, oneEvent } from '../../client/listening.js'
import type { Parts } from '../../client/parts.js'
import { type AnyRoomPort, partsOf, port } from '../../client/port.js'
import type { MessageOf, OnOptions } from '../../client/room.js'
import { contractFault, nameFault } from '../../client/validate.js'
import { featured, type Featured } from '../../client/with.js'
import type { AnyContract, Received } from '../../contract/contract.js'
import type { WebSocketError } from '../../core/error.js'
import { guard } from '../../core/guard.js'
import type { ResultStream } from '../../core/result.js'
import { Stream } from '../../core/stream.js'
import type { Message } from '../../rooms/message.js'
import type { RoomRecord } from '../../rooms/record.js'
import { type EventSelector, sink as newSink, withoutSink, withSink } from '../../rooms/sink.js'
import type { Listener } from '../../rooms/sinks.js'

/** Many rooms as one. Without options each room costs only a few bytes. */
export interface RoomSet<C extends AnyContract> extends Featured<RoomSet<C>> {
  /** Messages of one event from all rooms, each room in its order. Holds all while subscribed. Otherwise like `room.on`. */
  readonly on: <K extends keyof C['events'] & string>(
    event: K,
    options?: OnOptions<Received<C, K>>,
  ) => ResultStream<Message<Received<C, K>>>
  /** Messages of every event of the contract. Otherwise like `on`. */
  readonly messages: (options?: OnOptions<MessageOf<C>['data']>) => ResultStream<MessageOf<C>>
  /**
   * Adds rooms, at the call, to this set and all its subscriptions. Answers the number of rooms, or `Left` for an
   * invalid name.
   */
  readonly add: (names: Iterable<string>) => ResultStream<{ readonly rooms: number }>
  /** Removes rooms, at the call, from this set and from all its subscriptions. Answers the number of rooms left. */
  readonly remove: (names: Iterable<string>) => ResultStream<{ readonly rooms: number }>
}

/** One subscription to a set of rooms. Call in a turn. */
interface Member {
  readonly add: (rooms: readonly RoomRecord[]) => void
  readonly remove: (rooms: readonly RoomRecord[]) => void
}

/** Makes a handle on many rooms at once, with one subscriber for all. */
export const manyRooms = <C extends AnyContract>(client: Client, given: Iterable<string>, contract: C): RoomSet<C> => {
  const parts = partsOf(client)
  const { kernel, rooms, over } = parts
  const { turns, diagnostics } = kernel
  const names = new Set(listed(given))
  const members = new Set<Member>()
  const records = (of: Iterable<string>): readonly RoomRecord[] => [...of].map(rooms.interest.of)

  const listen = (wish: EventSelector, options: OnOptions | null | undefined): ResultStream<Message<unknown>> => {
    const listening = listenTo(parts, options)
    return new Stream(diagnostics.threw, (to) => {
      let member: Member | undefined
      turns.command(() => {
        const wrong = over() ?? wrongName(names) ?? contractFault(contract) ?? listening.fault
        if (wrong)
          turns.publish(() => {
            to.next(E.left(wrong))
            to.complete()
          })
        if (wrong || to.closed) return
        member = listening.intercept ? each(parts, wish, to, listening) : together(parts, wish, to)
        members.add(member)
        member.add(records(names))
        to.add(completeAtClose(parts, to))
      })
      return () => {
        turns.command(() => {
          if (member && members.delete(member)) member.remove(records(names))
        })
      }
    })
  }
  /** Changes the set and answers the number of rooms in it. */
  const change = (
    of: readonly string[],
    changed: (name: string) => boolean,
    tell: (member: Member, all: readonly RoomRecord[]) => void,
  ): ResultStream<{ readonly rooms: number }> =>
    start(kernel, undefined, {
      begin: (settle) => {
        const wrong = over() ?? wrongName(of)
        const all = wrong ? [] : records(of.filter(changed))
        for (const member of members) tell(member, all)
        settle(wrong ? E.left(wrong) : E.right({ rooms: names.size }))
      },
    })
  const isNew = (name: string): boolean => !names.has(name) && names.add(name) === names
  const face = {
    on: (event: string, options?: OnOptions | null) => listen(oneEvent(contract, event), options),
    messages: (options?: OnOptions | null) => listen(everyEvent(contract), options),
    add: (more: Iterable<string>) =>
      change(listed(more), isNew, (member, all) => {
        member.add(all)
      }),
    remove: (some: Iterable<string>) =>
      change(
        listed(some),
        (name) => names.delete(name),
        (member, all) => {
          member.remove(all)
        },
      ),
    [port]: (): AnyRoomPort => ({ parts, fault: undefined }),
  }
  return featured(face) as unknown as RoomSet<C>
}

/** Without options all rooms share one sink, so each room costs only a few bytes. */
const together = ({ rooms }: Parts, wish: EventSelector, to: Listener): Member => {
  // A selector of its own keeps other subscriptions off this sink.
  const sink = newSink((name) => wish(name))
  const alone = [sink]
  sink.to.add(to)
  return {
    add: (all) => {
      for (const room of all) {
        room.sinks = room.sinks.length === 0 ? alone : withSink(room.sinks, sink)
        rooms.interest.hold(room)
      }
    },
    remove: (all) => {
      for (const room of all) {
        for (const each of room.sinks) if (each.to === sink.to) room.sinks = withoutSink(room.sinks, each)
        rooms.members.release(room)
      }
    },
  }
}

const each = ({ rooms }: Parts, wish: EventSelector, to: Listener, { intercept }: Listening): Member => ({
  add: (all) => {
    for (const room of all) {
      rooms.sinks.add(room, wish, to, intercept)
      rooms.interest.hold(room)
    }
  },
  remove: (all) => {
    for (const room of all) {
      rooms.sinks.remove(room, to)
      rooms.members.release(room)
    }
  },
})

const completeAtClose = ({ kernel }: Parts, to: Listener) =>
  kernel.state.watch(({ _tag }) => {
    if (_tag === 'Closed')
      kernel.turns.publish(() => {
        to.complete()
      })
  })

const wrongName = (names: Iterable<string>): WebSocketError | undefined => {
  for (const name of names) {
    const fault = nameFault(name)
    if (fault) return fault
  }
  return undefined
}

/** Lists names. A text is one name; a value that cannot be listed becomes an invalid name. */
const listed = (names: Iterable<string>): readonly string[] => {
  const all = guard(() => (typeof names === 'string' ? [names] : [...names]))
  return E.isRight(all) ? all.right : ['']
}
