import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { AnyContract } from '../contract/contract.js'
import type { WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { guard } from '../core/guard.js'
import { Stream } from '../core/stream.js'
import type { WaitOptions } from '../core/wait.js'
import type { Message } from '../rooms/message.js'
import type { RoomRecord } from '../rooms/record.js'
import { sink as newSink, type EventSelector } from '../rooms/sink.js'
import { start } from './action.js'
import { commitOf } from './commit.js'
import { contractFault, nameFault, validateOn } from './validate.js'
import { answer, everyEvent, oneEvent, type Shared, special } from './listening.js'
import type { OnOptions, Placed, RoomSet } from './room.js'
import { reportThrow, closedByUser } from './kernel.js'

/** One subscription to a set of rooms. Call in a turn. */
interface Member {
  readonly add: (rooms: readonly RoomRecord[]) => void
  readonly remove: (rooms: readonly RoomRecord[]) => void
}

/** Makes the handle on many rooms behind one subscriber. */
export const bulk = <C extends AnyContract>(
  given: readonly string[],
  contract: C,
  shared: Shared,
): RoomSet<C> => {
  const { kernel, over } = shared
  const { turns, rooms } = kernel
  const report = reportThrow(kernel)
  const commit = commitOf(shared)
  const names = new Set(given)
  const members = new Set<Member>()
  const records = (of: Iterable<string>): readonly RoomRecord[] => [...of].map(rooms.interest.of)
  const wrongName = (of: Iterable<string>): WebSocketError | undefined => {
    for (const name of of) {
      const fault = nameFault(name)
      if (fault) return fault
    }
    return undefined
  }

  /** Without options all rooms share one sink, so each room costs only a few bytes. */
  const plain = (wish: EventSelector, to: Subscriber<Result<Message<unknown>>>): Member => {
    // A selector of its own keeps other subscriptions off this sink.
    const sink = newSink((name) => wish(name))
    sink.to.add(to)
    return {
      add: (all) => { rooms.subscribeAll(all, sink) },
      remove: (all) => { rooms.unsubscribeAll(all, sink) },
    }
  }
  const each = (wish: EventSelector, to: Subscriber<Result<Message<unknown>>>, options: OnOptions): Member => ({
    add: (all) => { for (const room of all) rooms.subscribe(room, wish, to, special(options)) },
    remove: (all) => { for (const room of all) rooms.unsubscribe(room, to) },
  })
  const listen = (wish: EventSelector, raw: OnOptions | null | undefined): ResultStream<Message<unknown>> =>
    new Stream(report, (to) => {
      let member: Member | undefined
      const options = raw ?? {}
      turns.command(() => {
        const wrong = over() ?? wrongName(names) ?? contractFault(contract) ?? validateOn(options)
        if (wrong) turns.publish(() => { answer(to, E.left(wrong)) })
        if (wrong || to.closed) return
        member = special(options) ? each(wish, to, options) : plain(wish, to)
        members.add(member)
        member.add(records(names))
        to.add(kernel.state.watch(({ _tag }) => { if (_tag === 'Closed') turns.publish(() => { to.complete() }) }))
      })
      return () => {
        turns.command(() => {
          if (member && members.delete(member)) member.remove(records(names))
        })
      }
    })
  /** Changes the set and answers the number of rooms in it. */
  const change = (of: Iterable<string>, changed: (name: string) => boolean, tell: (member: Member, all: readonly RoomRecord[]) => void) => {
    return start<{ readonly rooms: number }>(kernel, {}, {
      aborted: () => closedByUser,
      begin: (settle) => {
        const wrong = over() ?? wrongName(of)
        const all = wrong ? [] : records([...of].filter(changed))
        for (const member of members) tell(member, all)
        settle(wrong ? E.left(wrong) : E.right({ rooms: names.size }))
        return undefined
      },
    })
  }

  return Object.freeze({
    on: (event: string, options?: OnOptions | null) => listen(oneEvent(contract, event), options),
    messages: (options?: OnOptions | null) => listen(everyEvent(contract), options),
    commit: (of: Placed, wait?: WaitOptions | null) => commit(of, wait),
    add: (more: Iterable<string>) =>
      change(listed(more), (name) => !names.has(name) && names.add(name) === names, (member, all) => { member.add(all) }),
    remove: (some: Iterable<string>) => change(listed(some), (name) => names.delete(name), (member, all) => { member.remove(all) }),
  }) as unknown as RoomSet<C>
} // prettier-ignore

/** Lists names. A text is one name; a value that cannot be listed becomes an invalid name. */
export const listed = (names: Iterable<string>): readonly string[] => {
  const all = guard(() => (typeof names === 'string' ? [names] : [...names]))
  return E.isRight(all) ? all.right : ['']
}
