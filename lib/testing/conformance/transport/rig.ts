import type { Accept, Transport } from '../../../core/ports.js'
import type { Until } from '../eventually.js'

/** A transport under test, and a listener at the other end of a network that can fail. */
export interface TransportRig {
  readonly transport: Transport
  /** URL of the listener. The listener agrees on the first subprotocol that the client offers. */
  readonly url: string
  /** Waits for a condition. Default: `eventually`. In virtual time: must advance it, and reject if that does not help. */
  readonly until?: Until
  /** Waits until data in flight has arrived. */
  readonly calm: () => void | Promise<void>
  /** Refuses the next connections. */
  readonly refuse: () => void
  /** Leaves the next connections without an answer. */
  readonly hang: () => void
  /** `true` stops the data in both directions, and no socket closes; `false` lets it pass again. */
  readonly stall: (on: boolean) => void
  /** Breaks all connections without a closing handshake. */
  readonly cut: () => void
  /** Releases all resources, and rejects if there are sockets left. The suite calls it at the end of each case. */
  readonly dispose: () => void | Promise<void>
}

/** Starts a transport, and a listener that passes each accepted socket to `accept`; both are new for each case. */
export type StartTransport = (accept: Accept) => TransportRig | Promise<TransportRig>
