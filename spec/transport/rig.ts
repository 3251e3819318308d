import type {
  Accept,
  Data,
  PeerSocket,
  Socket,
  Transport,
  TransportEvent,
  TransportRequest,
} from '../../lib/core/ports.js'

/** What a server saw of one socket. */
export interface Accepted {
  readonly socket: PeerSocket
  readonly received: Data[]
  drained: number
  closed: number
}

/** A server that only takes notes. `greet` runs while a socket is accepted. */
export const notebook = (): { accept: Accept; accepted: Accepted[]; greet: (socket: PeerSocket) => void } => {
  const accepted: Accepted[] = []
  const book = {
    accepted,
    greet: (_socket: PeerSocket): void => {},
    accept: ((socket) => {
      const note: Accepted = { socket, received: [], drained: 0, closed: 0 }
      accepted.push(note)
      book.greet(socket)
      return {
        receive: (data) => {
          note.received.push(data)
        },
        drained: () => {
          note.drained++
        },
        closed: () => {
          note.closed++
        },
      }
    }) satisfies Accept,
  }
  return book
}

/** What a client heard of one attempt. */
export interface Heard {
  readonly events: TransportEvent[]
  readonly data: Data[]
  socket: Socket | undefined
  completed: boolean
  readonly abandon: () => void
}

/** Opens a socket and takes notes. `at` runs at each event. */
export const listen = (
  transport: Transport,
  request: TransportRequest,
  at: (event: TransportEvent, heard: Heard) => void = () => {},
): Heard => {
  const heard: Heard = {
    events: [],
    data: [],
    socket: undefined,
    completed: false,
    abandon: () => subscription.unsubscribe(),
  }
  const subscription = transport(request).subscribe({
    next: (event) => {
      heard.events.push(event)
      if (typeof event === 'string' || event instanceof Uint8Array) heard.data.push(event)
      else if (event._tag === 'Opened') heard.socket = event.socket
      at(event, heard)
    },
    complete: () => (heard.completed = true),
    error: (error: unknown) => {
      throw new Error('a transport never errors', { cause: error })
    },
  })
  return heard
}

/** A transport with a server behind it, for the conformance suite. */
export interface Rig {
  readonly transport: Transport
  readonly url: string
  readonly server: ReturnType<typeof notebook>
  /** Waits for a condition, with a deadline. */
  readonly until: (what: string, condition: () => boolean) => Promise<void>
  /** Waits until what is under way has arrived. */
  readonly calm: () => Promise<void>
  /** The next connections are refused. */
  readonly refuse: () => void
  /** The next connections are never answered. */
  readonly hang: () => void
  /** Neither side hears the other, and no socket closes; or again. */
  readonly stall: (on: boolean) => void
  /** Ends all links without a handshake. */
  readonly cut: () => void
  readonly dispose: () => Promise<void>
}
