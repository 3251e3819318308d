import type { SchedulerLike, Subscriber } from 'rxjs'
import type { Accept, Data, TransportEvent, TransportRequest } from '../core/ports.js'
import { clientEnd } from './client-end.js'
import { ABNORMAL, sizeOf } from './closing.js'
import type { Line, Parcel } from './parcel.js'
import { type Pipe, pipe } from './pipe.js'
import { serverEnd } from './server-end.js'

/** `up` is from client to server. */
export type Direction = 'up' | 'down'

/** One simulated connection. */
export interface NetworkLink {
  /** Ends it on both sides; data in flight is lost. */
  readonly cut: (code: number, reason: string) => void
  /** The same, within the call. */
  readonly end: () => void
  /** Applies changed conditions. */
  readonly adjust: () => void
  /** The client drops it: the client gets nothing more, and the server learns of it after the latency. */
  readonly abandon: () => void
}

/** The conditions of a link, at each moment. */
export interface Weather {
  readonly refusing: () => boolean
  readonly hanging: () => boolean
  readonly frozen: (direction: Direction) => boolean
  readonly lossy: (direction: Direction) => boolean
  readonly bytesPerSecond: (direction: Direction) => number
  /** The latency of the next message, in ms. */
  readonly latencyMs: (direction: Direction) => number
}

interface NetworkLinkOptions {
  readonly request: TransportRequest
  readonly to: Subscriber<TransportEvent>
  readonly accept: Accept
  readonly scheduler: SchedulerLike
  readonly weather: Weather
  readonly sent: (direction: Direction, data: Data) => void
  /** Both sides have ended it. */
  readonly ended: () => void
}

/** Connects one client. Both handshakes (opening and closing) travel like messages. */
export const openNetworkLink = (options: NetworkLinkOptions): NetworkLink => {
  const { request, to, accept, scheduler, weather } = options

  const pipeTo = (direction: Direction, end: Arrivals): Pipe<Parcel> =>
    pipe<Parcel>({
      scheduler,
      latencyMs: () => weather.latencyMs(direction),
      bytesPerSecond: () => weather.bytesPerSecond(direction),
      frozen: () => weather.frozen(direction),
      arrived: (parcel) => {
        if (!weather.lossy(direction)) end.arrived(parcel)
      },
      drained: end.drained,
    })
  const up = pipeTo('up', { arrived: (parcel) => server.arrived(parcel), drained: () => undefined })
  const down = pipeTo('down', { arrived: (parcel) => client.arrived(parcel), drained: () => server.drained() })
  const lineOf = (direction: Direction, { put, buffered }: Pipe<Parcel>): Line => ({
    put: (parcel) => put(parcel, 0),
    send: (data) => {
      // Copies bytes: later changes by the sender have no effect.
      const kept = typeof data === 'string' ? data : new Uint8Array(data)
      options.sent(direction, kept)
      put({ _tag: 'Message', data: kept }, sizeOf(kept))
    },
    buffered,
  })
  const shut = (): void => {
    up.shut()
    down.shut()
  }
  const ended = (): void => {
    if (!client.isOver() || server.isLive()) return
    shut()
    options.ended()
  }
  const client = clientEnd({ request, to, up: lineOf('up', up), ended })
  const server = serverEnd({
    protocol: request.protocols[0] ?? '',
    accept,
    down: lineOf('down', down),
    scheduler,
    refusing: weather.refusing,
    hanging: weather.hanging,
    ended,
  })

  up.put({ _tag: 'Request' }, 0)

  return {
    end: () => {
      shut()
      server.end()
      client.end(ABNORMAL, '')
    },
    cut: (code, reason) => {
      shut()
      scheduler.schedule(() => {
        server.end()
        client.end(code, reason)
      })
    },
    adjust: () => {
      up.adjust()
      down.adjust()
    },
    abandon: client.abandon,
  }
}

/** The arrivals at one end of the connection. */
interface Arrivals {
  readonly arrived: (parcel: Parcel) => void
  /** Everything sent has left. */
  readonly drained: () => void
}
