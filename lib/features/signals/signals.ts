import { AsyncSubject } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { answer, oneEvent } from '../../client/listening.js'
import { payloadText } from '../../client/payload-text.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import { encoderOf } from '../../contract/event-codec.js'
import type { AnyContract, Args, Received } from '../../contract/contract.js'
import { deliveryError, type DeliveryError, type WebSocketError } from '../../core/error.js'
import type { Result, ResultStream } from '../../core/result.js'
import { stream, Stream } from '../../core/stream.js'
import { bounds, SIGNALS } from '../../protocol/frame.js'
import { isLonger } from '../../protocol/utf8.js'
import { listeners, type Signal } from './listeners.js'

/** The members that the feature `signals` adds to a room. */
export interface Signals<C extends AnyContract> {
  /**
   * Signals those in the room now, at the call: for data of no later interest, such as typing and cursors. Never
   * queued, logged or repeated. `Right` when the signal is handed to the connection, without confirming any recipient;
   * `Left` when it is dropped: not `In` the room, offline too, not permitted, unknown to the server, too large for the
   * server, or too much for the socket. Needs a hold on the room. The sender does not receive its own signal.
   */
  readonly signal: <K extends keyof C['events'] & string>(event: K, ...args: Args<C, K>) => ResultStream<void>
  /**
   * Signals of one event as they arrive, with unreported gaps; a payload that does not decode or a refusal of the room
   * is a `Left`. Holds the room while subscribed. Completes when the client closes. Never errors.
   */
  readonly signals: <K extends keyof C['events'] & string>(event: K) => ResultStream<Signal<Received<C, K>>>
}

/** Adds `signal` and `signals` to a room: data for those who are in the room now. */
export const signals = <C extends AnyContract>(room: Room<C>): Signals<C> => {
  const at = portOf(room)
  return {
    signal: (event: string, data?: unknown) => signal(at, event, data),
    signals: (event: string) => listen(at, event),
  } as unknown as Signals<C>
}

/** The room and the event of a signal. */
interface Target {
  readonly room: string
  readonly event: string
}

/** Signals now or never: one `Right` when the signal is handed to the link, or `Left` with the reason of the drop. */
const signal = ({ parts, name, contract, fault }: RoomPort, event: string, value: unknown): ResultStream<void> => {
  const { kernel, rooms, over } = parts
  const { turns, present, config, diagnostics } = kernel
  const { counters } = diagnostics
  const to: Target = { room: name, event }
  const result$ = new AsyncSubject<Result<void>>()
  const text = fault ? E.left(fault) : payloadText(name, event, value, encoderOf(contract, event))
  const attempt = (): Either<WebSocketError, void> => {
    const because = over()
    if (because) return E.left(because)
    if (E.isLeft(text)) return text
    const room = rooms.interest.known(name)
    if (room?.have !== 'In') return E.left(dropped(to, 'delivery/not-in', 'This client is not in the room.', joins))
    if (!room.granted?.permissions.includes('publish'))
      return E.left(dropped(to, 'delivery/forbidden', 'The server does not let this user publish there.', asks))
    const [link, welcome] = [present.link(), present.welcome()]
    if (!link || !welcome?.can.includes(SIGNALS))
      return E.left(dropped(to, 'delivery/unsupported', 'The server does not know signals.', sends))
    if (isLonger(text.right, welcome.limits.messageBytes - bounds.envelopeBytes))
      return E.left(dropped(to, 'delivery/too-large', 'The signal is larger than what the server takes.', shrinks))
    if (link.buffered() >= config.highWaterBytes)
      return E.left(dropped(to, 'delivery/congested', 'The socket takes no more at the moment.', waits))
    link.signal(room.ch, event, text.right)
    return E.right(undefined)
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
  return stream(diagnostics.threw, result$)
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
  { room, event }: Target,
  code: DeliveryError['code'],
  message: string,
  more: Pick<DeliveryError, 'kind' | 'remedy'>,
): DeliveryError => deliveryError({ code, message, ...more, room, event, id: '', executed: 'no' })

/** Signals of one event while subscribed, which holds the room; a refusal of the room is a `Left`. */
const listen = ({ parts, name, contract, fault }: RoomPort, event: string): ResultStream<Signal<unknown>> => {
  const { kernel, rooms, over } = parts
  const { turns, diagnostics } = kernel
  const wish = oneEvent(contract, event)
  return new Stream<Result<Signal<unknown>>>(diagnostics.threw, (to) => {
    turns.command(() => {
      const because = over() ?? fault
      if (because)
        turns.publish(() => {
          answer(to, E.left(because))
        })
      if (because || to.closed) return
      const all = parts.get(listeners)
      const room = rooms.interest.of(name)
      rooms.interest.hold(room)
      all.add(room, wish, to)
      const refusals = rooms.members.watch(room).watch((membership) => {
        if (membership._tag === 'Refused') to.next(E.left(membership.error))
      })
      to.add(() => {
        turns.command(() => {
          refusals.unsubscribe()
          all.remove(room, wish, to)
          rooms.members.release(room)
          rooms.members.unwatch(room)
        })
      })
    })
  })
}
