import type { Observable } from 'rxjs'
import type { ConfigError } from './error.js'
import type { Position } from './position.js'

/** The data of one WebSocket message. */
export type Data = string | Uint8Array

/** An open socket on the client side. No method throws. */
export interface Socket {
  /** The negotiated subprotocol, `''` if none. */
  readonly protocol: string
  /** Sends data; false when the socket accepts no more. */
  readonly send: (data: Data) => boolean
  /** Bytes given to `send` that the network has not taken; 0 if the platform does not report them. */
  readonly buffered: () => number
  /** Starts the closing handshake. */
  readonly close: (code: number, reason: string) => void
}

/** The events of a socket, in this order: `Opened` at most once, data, then `Closed` at most once and completion. */
export type TransportEvent =
  | { readonly _tag: 'Opened'; readonly socket: Socket }
  /** `own`: this side closed it over a too large message. `handshake`: it never opened, and the platform reports the cause. */
  | {
      readonly _tag: 'Closed'
      readonly code: number
      readonly reason: string
      readonly own?: true
      readonly handshake?: Handshake
    }
  | Data

/** The details of a failed handshake. Browsers give none; `ws` does. */
export interface Handshake {
  /** The HTTP status of the response. */
  readonly status?: number
  /** `Retry-After` of the response, unparsed. */
  readonly retryAfter?: string
  /** `Date` of the response, unparsed. */
  readonly date?: string
  /** The error code of the operating system or the TLS library: `ECONNREFUSED`, `CERT_HAS_EXPIRED`. */
  readonly errno?: string
}

/** The target of a socket, and the terms to negotiate. */
export interface TransportRequest {
  readonly url: string
  readonly protocols: readonly string[]
  /** Larger messages close the socket with 1009. */
  readonly maxMessageBytes: number
}

/**
 * Opens a socket on subscription. Unsubscribing abandons it: it emits nothing more. Never errors: a socket that does
 * not open is `Closed` with 1006.
 */
export interface Transport {
  (request: TransportRequest): Observable<TransportEvent>
  /** An invalid option of the transport; it closes the client that uses the transport. */
  readonly fault?: ConfigError | undefined
}

/** One accepted socket on the server side. */
export interface PeerSocket {
  readonly protocol: string
  /** The remote address without port. Sockets of one address share its budgets. Default: no shared budget. */
  readonly address?: string | undefined
  /** Stops reading until `resume`. Without it, the server closes a socket that is far above a rate. */
  readonly pause?: () => void
  readonly resume?: () => void
  /** The listener's request that opened the socket, for the application's hooks. */
  readonly request?: unknown
  readonly send: (data: Data) => void
  /** Bytes that the network has not taken. */
  readonly buffered: () => number
  readonly close: (code: number, reason: string) => void
  /** Closes it without a closing handshake. */
  readonly terminate: () => void
}

/** The server's side of an accepted socket. The owner of the socket calls it. */
export interface Peer {
  readonly receive: (data: Data) => void
  /** Reports the received bytes of an incomplete message; 0 when it is complete. For sockets that know. */
  readonly partial?: (bytes: number) => void
  /** Reports that the socket has room again. */
  readonly drained: () => void
  /** Reports that the socket is closed; with the peer's close code and reason, if the owner knows them. */
  readonly closed: (code?: number, reason?: string) => void
}

/** Accepts sockets: the pure server behind a real or simulated listener. */
export type Accept = (socket: PeerSocket) => Peer

/** The point at which consumption of a room continues. */
export interface Resume {
  readonly position: Position
  /**
   * Messages after the position, up to this offset of its epoch, may have been offered already. Infinity if an earlier
   * run ended without recording its progress.
   */
  readonly offered: number
}

/**
 * The stored position of each room consumed with `stored()`, from one run of the client to the next. Call in a turn;
 * answers come from memory, and the store is written later.
 */
export interface Positions {
  /** `undefined` for an unknown room. */
  readonly get: (room: string) => Resume | undefined
  /** Registers a consumer of the room: keeps its position even beyond the bound on rooms. */
  readonly hold: (room: string) => void
  readonly release: (room: string) => void
  /** Moves the position of a room forward; ignores a position behind the current one. */
  readonly moved: (room: string, to: Position) => void
  /** Records that a message beyond the position was offered. */
  readonly offered: (room: string, at: Position) => void
  /** Emits once, when all moves so far are stored, or cannot be. */
  readonly save: () => Observable<boolean>
}

/** Positions in a store, of which others may take some over. */
export interface KeptPositions extends Positions {
  /** The rooms with a position. */
  readonly rooms: () => Iterable<string>
  /** Deletes the position of a room. */
  readonly forget: (room: string) => void
}

/** Hints of the environment. None is a fact: they only trigger an early attempt or probe. */
export type Hint = 'online' | 'offline' | 'visible' | 'hidden' | 'frozen' | 'resumed'
