import type { Observable } from 'rxjs'
import type { ConfigError } from './error.js'
import type { Position } from './position.js'

/** What travels in one WebSocket message. */
export type Data = string | Uint8Array

/** An open socket, seen from the client. Nothing here throws. */
export interface Socket {
  /** The subprotocol that was agreed on, `''` if none. */
  readonly protocol: string
  /** False when the socket can no longer take anything. */
  readonly send: (data: Data) => boolean
  /** Bytes given to `send` and not yet to the network; 0 where the platform does not say. */
  readonly buffered: () => number
  /** Starts the closing handshake. */
  readonly close: (code: number, reason: string) => void
}

/** What happens to a socket, in this order: `Opened` at most once, data, then `Closed` at most once and completion. */
export type TransportEvent =
  | { readonly _tag: 'Opened'; readonly socket: Socket }
  /** `own`: this side ended it, for a message larger than it takes. `handshake`: it never opened, and the platform tells why. */
  | {
      readonly _tag: 'Closed'
      readonly code: number
      readonly reason: string
      readonly own?: true
      readonly handshake?: Handshake
    }
  | Data

/** How a handshake failed. Browsers do not tell; `ws` does. */
export interface Handshake {
  /** The HTTP status of the answer. */
  readonly status?: number
  /** `Retry-After` of the answer, as it was sent. */
  readonly retryAfter?: string
  /** `Date` of the answer, as it was sent. */
  readonly date?: string
  /** The error code of the system or the TLS library: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly errno?: string
}

/** Where a socket is to lead, and what is to be agreed on. */
export interface TransportRequest {
  readonly url: string
  readonly protocols: readonly string[]
  /** Larger messages close the socket with 1009. */
  readonly maxMessageBytes: number
}

/**
 * Opens a socket on subscription. Unsubscribing abandons it: nothing of it is heard again, whatever it still does. Never
 * errors: a socket that could not be opened is `Closed` with 1006.
 */
export interface Transport {
  (request: TransportRequest): Observable<TransportEvent>
  /** An invalid option of the transport: a client that is given it is closed with it. */
  readonly fault?: ConfigError | undefined
}

/** One accepted socket, seen from the server. */
export interface PeerSocket {
  readonly protocol: string
  /** Where it comes from: an address without port. Sockets of one address share its budgets. Default: it shares with nobody. */
  readonly address?: string | undefined
  /** Reads nothing more until `resume`. Where a socket cannot, one that is far above a rate is closed. */
  readonly pause?: () => void
  readonly resume?: () => void
  /** What the listener knows of the request that opened it, for the application's hooks. */
  readonly request?: unknown
  readonly send: (data: Data) => void
  /** Bytes not yet given to the network. */
  readonly buffered: () => number
  readonly close: (code: number, reason: string) => void
  /** Ends it without a handshake. */
  readonly terminate: () => void
}

/** What a server does with an accepted socket. Called by whoever owns the socket. */
export interface Peer {
  readonly receive: (data: Data) => void
  /** So many bytes have come of a message that is not complete; 0 when it is. For sockets that know. */
  readonly partial?: (bytes: number) => void
  /** The socket has room again. */
  readonly drained: () => void
  /** The socket is closed; with the close code and the reason of the other side, where the owner knows them. */
  readonly closed: (code?: number, reason?: string) => void
}

/** Takes sockets: the pure server behind any real or imagined listener. */
export type Accept = (socket: PeerSocket) => Peer

/** Where the consumption of a room goes on. */
export interface Resume {
  readonly position: Position
  /**
   * Messages after the position, up to this offset of its epoch, may have been offered already. Infinity where an earlier
   * run ended without saying how far it had come.
   */
  readonly offered: number
}

/**
 * The stored position of each room that is consumed with `stored()`, from one run of the client to the next. To be called in
 * a turn; answers come from memory, and the store is written later.
 */
export interface Positions {
  /** `undefined` if nothing is known of the room. */
  readonly get: (room: string) => Resume | undefined
  /** A consumer of the room has come: its position is not forgotten, however many rooms there are. */
  readonly hold: (room: string) => void
  readonly release: (room: string) => void
  /** Moves the position of a room forward; a position behind the present one changes nothing. */
  readonly moved: (room: string, to: Position) => void
  /** A message beyond the position was offered. */
  readonly offered: (room: string, at: Position) => void
  /** Answers once, when everything that was moved so far is stored, or cannot be. */
  readonly save: () => Observable<boolean>
}

/** Hints of the surroundings. None is a fact: they only bring an attempt or a probe forward. */
export type Hint = 'online' | 'offline' | 'visible' | 'hidden' | 'frozen' | 'resumed'
