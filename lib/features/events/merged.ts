import * as E from '#fp/Either'
import { answer, listenTo } from '../../client/listening.js'
import type { HandlePort } from '../../client/port.js'
import type { OnOptions } from '../../client/room.js'
import type { ResultStream } from '../../core/result.js'
import { Stream } from '../../core/stream.js'
import type { Message } from '../../rooms/message.js'
import type { RoomRecord } from '../../rooms/record.js'
import type { EventSelector } from '../../rooms/sink.js'

/** Messages of some rooms in one stream, which holds them while subscribed. */
export const merged = (
  { parts, fault }: HandlePort,
  names: readonly string[],
  selector: EventSelector,
  options: OnOptions | null | undefined,
): ResultStream<Message<unknown>> => {
  const { kernel, rooms, over } = parts
  const { turns, diagnostics } = kernel
  const listening = listenTo(parts, options)
  return new Stream(diagnostics.threw, (to) => {
    let held: readonly RoomRecord[] = []
    turns.command(() => {
      const because = over() ?? fault ?? listening.fault
      if (because)
        turns.publish(() => {
          answer(to, E.left(because))
        })
      else if (!to.closed) {
        held = names.map(rooms.interest.of)
        for (const room of held) {
          rooms.sinks.add(room, selector, to, listening.intercept)
          rooms.interest.hold(room)
        }
      }
    })
    return () => {
      turns.command(() => {
        for (const room of held) {
          rooms.sinks.remove(room, to)
          rooms.members.release(room)
        }
      })
    }
  })
}
