import { Subscription } from 'rxjs'
import { isBytes } from '../../../core/bytes.js'
import type {
  Accept,
  Data,
  PeerSocket,
  Socket,
  Transport,
  TransportEvent,
  TransportRequest,
} from '../../../core/ports.js'

/** The events of one socket on the server's side. */
export interface Accepted {
  readonly socket: PeerSocket
  readonly received: Data[]
  drained: number
  closed: number
}

/** A server that only records events. It calls `greet` while it accepts a socket. */
export interface Notebook {
  readonly accept: Accept
  readonly accepted: Accepted[]
  greet: (socket: PeerSocket) => void
}

export const notebook = (): Notebook => {
  const accepted: Accepted[] = []
  const book: Notebook = {
    accepted,
    greet: () => undefined,
    accept: (socket) => {
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
    },
  }
  return book
}

/** The events that a client received from one connection attempt. */
export interface Heard {
  readonly events: TransportEvent[]
  readonly data: Data[]
  socket: Socket | undefined
  completed: boolean
  /** The error of the stream, which a transport must never emit. */
  errored: unknown
  readonly abandon: () => void
}

/** Opens a socket and records its events. Calls `at` after each event. */
export const listen = (
  transport: Transport,
  request: TransportRequest,
  at: (event: TransportEvent, heard: Heard) => void = () => undefined,
): Heard => {
  const subscription = new Subscription()
  const heard: Heard = {
    events: [],
    data: [],
    socket: undefined,
    completed: false,
    errored: undefined,
    abandon: () => {
      subscription.unsubscribe()
    },
  }
  const events$ = transport(request)
  subscription.add(
    events$.subscribe({
      next: (event) => {
        heard.events.push(event)
        if (typeof event === 'string' || isBytes(event)) heard.data.push(event)
        else if (event._tag === 'Opened') heard.socket = event.socket
        at(event, heard)
      },
      complete: () => {
        heard.completed = true
      },
      error: (thrown: unknown) => {
        heard.errored = thrown ?? 'nothing'
      },
    }),
  )
  return heard
}
