import type { SchedulerLike, Subscriber } from 'rxjs'
import type { Accept, Data, Peer, PeerSocket, Socket, TransportEvent, TransportRequest } from '../core/ports.js'
import { ABNORMAL, closed, closeReason, exceeds, sizeOf, TOO_LARGE, tooLarge } from './closing.js'
import { pipe } from './pipe.js'

/** `up` is from client to server. */
export type Direction = 'up' | 'down'

/** One simulated connection. */
export interface Link {
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

interface LinkOptions {
  readonly request: TransportRequest
  readonly to: Subscriber<TransportEvent>
  readonly accept: Accept
  readonly scheduler: SchedulerLike
  readonly weather: Weather
  readonly sent: (direction: Direction, data: Data) => void
  /** Both sides have ended it. */
  readonly ended: () => void
}

type Parcel =
  | { readonly _tag: 'Request' | 'Opened' | 'Gone' }
  | { readonly _tag: 'Message'; readonly data: Data }
  | { readonly _tag: 'Close'; readonly code: number; readonly reason: string }

const gone: Parcel = { _tag: 'Gone' }
const close = (code: number, reason: string): Parcel => ({ _tag: 'Close', code, reason: closeReason(reason) })

/** Connects one client. Both handshakes (opening and closing) travel like messages. */
export const openLink = (options: LinkOptions): Link => {
  const { request, to, accept, scheduler, weather } = options
  const protocol = request.protocols[0] ?? ''
  let client: 'connecting' | 'open' | 'closing' | 'gone' = 'connecting'
  let server: 'unaware' | 'open' | 'closing' | 'gone' = 'unaware'
  let peer: Peer | undefined

  const lineOf = (direction: Direction, arrived: (parcel: Parcel) => void, drained: () => void) =>
    pipe<Parcel>({
      scheduler,
      latencyMs: () => weather.latencyMs(direction),
      bytesPerSecond: () => weather.bytesPerSecond(direction),
      frozen: () => weather.frozen(direction),
      arrived: (parcel) => {
        if (!weather.lossy(direction)) arrived(parcel)
      },
      drained,
    })
  const up = lineOf(
    'up',
    (parcel) => atServer(parcel),
    () => undefined,
  )
  const down = lineOf(
    'down',
    (parcel) => atClient(parcel),
    () => {
      if (server === 'open') peer?.drained()
    },
  )

  const send = (direction: Direction, data: Data): void => {
    // Copies bytes: later changes by the sender have no effect.
    const kept = typeof data === 'string' ? data : new Uint8Array(data)
    const line = direction === 'up' ? up : down
    options.sent(direction, kept)
    line.put({ _tag: 'Message', data: kept }, sizeOf(kept))
  }
  const settle = (): void => {
    if (client !== 'gone' || server === 'open' || server === 'closing') return
    up.shut()
    down.shut()
    options.ended()
  }
  const lastAtClient = (event: TransportEvent): void => {
    if (client === 'gone') return
    client = 'gone'
    to.next(event)
    to.complete()
    settle()
  }
  const endClient = (code: number, reason: string): void => {
    lastAtClient(closed(code, reason))
  }
  const endServer = (): void => {
    if (server !== 'open' && server !== 'closing') return
    server = 'gone'
    peer?.closed()
    settle()
  }

  const clientSocket: Socket = {
    protocol,
    send: (data) => {
      if (client !== 'open') return false
      send('up', data)
      return true
    },
    buffered: up.buffered,
    close: (code, reason) => {
      if (client !== 'open') return
      client = 'closing'
      up.put(close(code, reason), 0)
    },
  }
  const peerSocket: PeerSocket = {
    protocol,
    send: (data) => {
      if (server !== 'open') return
      send('down', data)
    },
    buffered: down.buffered,
    close: (code, reason) => {
      if (server !== 'open') return
      server = 'closing'
      down.put(close(code, reason), 0)
    },
    terminate: () => {
      if (server !== 'open' && server !== 'closing') return
      server = 'closing'
      down.put(gone, 0)
      scheduler.schedule(endServer)
    },
  }

  const atServer = (parcel: Parcel): void => {
    switch (parcel._tag) {
      case 'Request':
        if (weather.refusing()) down.put(gone, 0)
        if (weather.refusing() || weather.hanging()) return
        server = 'open'
        down.put({ _tag: 'Opened' }, 0)
        peer = accept(peerSocket)
        return
      case 'Message':
        if (server === 'open' || server === 'closing') peer?.receive(parcel.data)
        return
      case 'Close':
        if (server === 'open') down.put(parcel, 0)
        endServer()
        return
      case 'Gone':
        endServer()
        return
      case 'Opened':
    }
  }
  const atClient = (parcel: Parcel): void => {
    switch (parcel._tag) {
      case 'Opened':
        if (client !== 'connecting') return
        client = 'open'
        to.next({ _tag: 'Opened', socket: clientSocket })
        return
      case 'Message':
        if (client !== 'open') return
        if (exceeds(parcel.data, request.maxMessageBytes)) refuse(parcel.data)
        else to.next(parcel.data)
        return
      case 'Close':
        if (client === 'open') up.put(parcel, 0)
        endClient(parcel.code, parcel.reason)
        return
      case 'Gone':
        endClient(ABNORMAL, '')
        return
      case 'Request':
    }
  }
  const refuse = (data: Data): void => {
    up.put(close(TOO_LARGE, ''), 0)
    lastAtClient(tooLarge(request.maxMessageBytes, data))
  }

  up.put({ _tag: 'Request' }, 0)

  return {
    end: () => {
      up.shut()
      down.shut()
      endServer()
      endClient(ABNORMAL, '')
    },
    cut: (code, reason) => {
      up.shut()
      down.shut()
      scheduler.schedule(() => {
        endServer()
        endClient(code, reason)
      })
    },
    adjust: () => {
      up.adjust()
      down.adjust()
    },
    abandon: () => {
      if (client === 'gone') return
      client = 'gone'
      up.put(gone, 0)
      settle()
    },
  }
}
