import * as E from '#fp/Either'
import type { Subscriber } from 'rxjs'
import type { Result, ResultStream } from '../core/result.js'
import { Stream } from '../core/stream.js'
import type { RoomRecord } from '../rooms/record.js'
import { answer } from './listening.js'
import type { RoomPort } from './port.js'

/**
 * Makes a stream that holds its room while subscribed; a refusal of the room is a `Left`. `begin` is called in a turn,
 * and returns a function that ends what it began, which is called in a turn too.
 */
export const heldStream = <T>(
  { parts, name, fault }: RoomPort,
  begin: (room: RoomRecord, to: Subscriber<Result<T>>) => () => void,
): ResultStream<T> => {
  const { kernel, rooms, over } = parts
  const { turns, diagnostics } = kernel
  return new Stream<Result<T>>(diagnostics.threw, (to) => {
    turns.command(() => {
      const because = over() ?? fault
      if (because)
        turns.publish(() => {
          answer(to, E.left(because))
        })
      if (because || to.closed) return
      const room = rooms.interest.of(name)
      rooms.interest.hold(room)
      const end = begin(room, to)
      const refusals = rooms.members.watch(room).watch((membership) => {
        if (membership._tag === 'Refused') to.next(E.left(membership.error))
      })
      to.add(() => {
        turns.command(() => {
          refusals.unsubscribe()
          end()
          rooms.members.release(room)
          rooms.members.unwatch(room)
        })
      })
    })
  })
}
