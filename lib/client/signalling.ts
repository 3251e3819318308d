import { AsyncSubject } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { deliveryError, type DeliveryError, type WebSocketError } from '../core/error.js'
import type { Result, ResultStream } from '../core/result.js'
import { stream, Stream } from '../core/stream.js'
import type { Signal } from '../rooms/signals.js'
import type { EventSelector } from '../rooms/sink.js'
import { answer, type Shared } from './listening.js'
import { payloadText } from './payload-text.js'
import type { Address } from './sending.js'
import { reportThrow } from './kernel.js'

/** Signals now or never: one `Right` when the signal is handed to the link, or `Left` with the reason of the drop. */
export const signal = ({ kernel, over }: Shared, to: Address, value: unknown): ResultStream<void> => {
  const { turns, rooms, linkSession, config, counters } = kernel
  const { room: name, event } = to
  const result$ = new AsyncSubject<Result<void>>()
  const text = to.misfit ? E.left(to.misfit) : payloadText(name, event, value, to.encode)
  const attempt = (): Either<WebSocketError, void> => {
    const because = over()
    if (because) return E.left(because)
    if (E.isLeft(text)) return text
    const room = rooms.interest.known(name)
    if (room?.have !== 'In') return E.left(dropped(to, 'delivery/not-in', 'This client is not in the room.', joins))
    if (!room.granted?.permissions.includes('publish'))
      return E.left(dropped(to, 'delivery/forbidden', 'The server does not let this user publish there.', asks))
    const written = linkSession.signal(room.ch, event, text.right, config.outbox.highWaterBytes)
    if (written === 'unsupported')
      return E.left(dropped(to, 'delivery/unsupported', 'The server does not know signals.', sends))
    if (written === 'too-large')
      return E.left(dropped(to, 'delivery/too-large', 'The signal is larger than what the server takes.', shrinks))
    return written === 'full'
      ? E.left(dropped(to, 'delivery/congested', 'The socket takes no more at the moment.', waits))
      : E.right(undefined)
  }
  turns.command(() => {
    const result = attempt()
    if (E.isLeft(result)) counters.signalsDropped++
    else counters.signals++
    turns.publish(() => {
      result$.next(result)
      result$.complete()
    })
  })
  return stream(reportThrow(kernel), result$)
}

const joins = {
  kind: 'retry',
  remedy: 'Hold the room: subscribe to it, or join() it. Signals are never queued.',
} as const
const asks = { kind: 'terminal', remedy: 'See membership$ for what is permitted.' } as const
const sends = { kind: 'terminal', remedy: 'Send it, or do without.' } as const
const shrinks = { kind: 'terminal', remedy: 'Signal less at once, or raise the limit at the server.' } as const
const waits = { kind: 'retry', remedy: 'Signal less, or the latest of it later.' } as const

const dropped = (
  { room, event }: Address,
  code: DeliveryError['code'],
  message: string,
  more: Pick<DeliveryError, 'kind' | 'remedy'>,
): DeliveryError => deliveryError({ code, message, ...more, room, event, id: '', executed: 'no' })

/** Signals of one event while subscribed, which holds the room; a refusal of the room is a `Left`. */
export const listenToSignals = ({ kernel, over }: Shared, name: string, wish: EventSelector, fault: WebSocketError | undefined): ResultStream<Signal<unknown>> =>
  new Stream(reportThrow(kernel), (to) => {
    const { turns, rooms, signals } = kernel
    turns.command(() => {
      const because = over() ?? fault
      if (because) turns.publish(() => { answer(to, E.left(because)) })
      if (because || to.closed) return
      const room = rooms.interest.of(name)
      rooms.interest.hold(room)
      signals.add(room, wish, to)
      const refusals = rooms.watch(room).watch((membership) => {
        if (membership._tag === 'Refused') to.next(E.left(membership.error))
      })
      to.add(() => {
        turns.command(() => {
          refusals.unsubscribe()
          signals.remove(room, wish, to)
          rooms.release(room)
          rooms.unwatch(room)
        })
      })
    })
  }) // prettier-ignore
