import { AsyncSubject } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { heldStream } from '../../client/held-stream.js'
import { oneEvent } from '../../client/listening.js'
import { payloadText } from '../../client/payload-text.js'
import { portOf, type RoomPort } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import { encoderOf } from '../../contract/event-codec.js'
import type { AnyContract, Args, Received } from '../../contract/contract.js'
import type { DeliveryError, Kind, WebSocketError } from '../../core/error.js'
import type { Result, ResultStream } from '../../core/result.js'
import { stream } from '../../core/stream.js'
import { deliveryFailure } from '../../outbox/error.js'
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
    if (room?.have !== 'In') return E.left(dropped(to, 'delivery/not-in', 'retry'))
    if (!room.granted?.permissions.includes('publish')) return E.left(dropped(to, 'delivery/forbidden'))
    const [link, welcome] = [present.link(), present.welcome()]
    if (!link || !welcome?.can.includes(SIGNALS)) return E.left(dropped(to, 'delivery/unsupported'))
    if (isLonger(text.right, welcome.limits.messageBytes - bounds.envelopeBytes))
      return E.left(dropped(to, 'delivery/too-large'))
    if (link.buffered() >= config.highWaterBytes) return E.left(dropped(to, 'delivery/congested', 'retry'))
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

const dropped = (to: Target, code: Parameters<typeof deliveryFailure>[0], kind: Kind = 'terminal'): DeliveryError =>
  deliveryFailure(code, kind, { ...to, id: '' }, 'no', { of: 'signal' })

/** Signals of one event while subscribed, which holds the room; a refusal of the room is a `Left`. */
const listen = (at: RoomPort, event: string): ResultStream<Signal<unknown>> => {
  const wish = oneEvent(at.contract, event)
  return heldStream(at, (room, to) => {
    const all = at.parts.get(listeners)
    all.add(room, wish, to)
    return () => {
      all.remove(room, wish, to)
    }
  })
}
