import * as E from '#fp/Either'
import type { AnyContract } from '../contract/contract.js'
import { Stream } from '../core/stream.js'
import type { RoomRecord } from '../rooms/record.js'
import { sink as newSink } from '../rooms/sink.js'
import { nameFault } from './fit.js'
import { answer, oneEvent, type Shared } from './listening.js'
import type { RoomSet } from './room.js'
import { blame } from './wire.js'

/** Many rooms behind one subscriber: they share its sink. */
export const bulk = <C extends AnyContract>(
  names: readonly string[],
  contract: C,
  { wired, over }: Shared,
): RoomSet<C> => {
  const { turns, rooms } = wired
  const on = (event: string) =>
    new Stream(blame(wired), (to) => {
      const wish = oneEvent(contract, event)
      // A wish of its own: nobody else shares the sink.
      const sink = newSink((name) => wish(name))
      let held: readonly RoomRecord[] = []
      turns.command(() => {
        const wrong = over() ?? names.map(nameFault).find((fault) => fault !== undefined)
        if (wrong) turns.publish(() => { answer(to, E.left(wrong)) })
        if (wrong || to.closed) return
        held = [...new Set(names)].map(rooms.interest.of)
        sink.to.add(to)
        rooms.subscribeAll(held, sink)
        if (held.length === 0) to.add(wired.state.watch(({ _tag }) => { if (_tag === 'Closed') to.complete() }))
      })
      return () => {
        sink.to.remove(to)
        turns.command(() => { rooms.unsubscribeAll(held, sink) })
      }
    })
  return Object.freeze({ on }) as unknown as RoomSet<C>
} // prettier-ignore
