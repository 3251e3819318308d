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

/** What a server saw of one socket. */
export interface Accepted {
  readonly socket: PeerSocket
  readonly received: Data[]
  drained: number
  closed: number
}

/** A server that only takes notes. `greet` runs while a socket is accepted. */
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

/** What a client heard of one attempt. */
export interface Heard {
  readonly events: TransportEvent[]
  readonly data: Data[]
  socket: Socket | undefined
  completed: boolean
  /** What a transport must never do. */
  errored: unknown
  readonly abandon: () => void
}

/** Opens a socket and takes notes. `at` runs at each event. */
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
