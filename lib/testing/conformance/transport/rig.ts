import type { Accept, Transport } from '../../../core/ports.js'
import type { Until } from '../eventually.js'

/** A transport under test, with a listener at the other end whose network can be spoilt. */
export interface TransportRig {
  readonly transport: Transport
  /** Where the listener is. It agrees on the first subprotocol that is offered. */
  readonly url: string
  /** Waits for a condition. Default: `eventually`. In virtual time: lets it pass, and rejects if that did not help. */
  readonly until?: Until
  /** Waits until what is under way has arrived. */
  readonly calm: () => void | Promise<void>
  /** The next connections are refused. */
  readonly refuse: () => void
  /** The next connections are never answered. */
  readonly hang: () => void
  /** Neither side hears the other, and no socket closes; or again. */
  readonly stall: (on: boolean) => void
  /** Ends all links without a handshake. */
  readonly cut: () => void
  /** Releases everything, and rejects if there are sockets left; called at the end of each case. */
  readonly dispose: () => void | Promise<void>
}

/** Starts a transport, and a listener that gives each accepted socket to `accept`; both anew for each case. */
export type StartTransport = (accept: Accept) => TransportRig | Promise<TransportRig>
