import type { PubFields } from '../protocol/codec.js'
import type { Durability, Limits } from '../protocol/frame.js'

/** The bounds of an outbox. */
export interface OutboxConfig {
  /** Messages that wait or are in flight; beyond, `Left(delivery/full)`. Default 1 000. */
  readonly entries: number
  /** Their bytes; beyond, `Left(delivery/full)`. Default 4 MiB. */
  readonly bytes: number
  /** How long a message is tried, in ms; then `Left(delivery/expired)`. Default 300 000. */
  readonly ageMs: number
  /** Messages written and not yet acknowledged. Default 256. */
  readonly inFlight: number
  /** Their bytes. Default 256 KiB. */
  readonly inFlightBytes: number
  /** Nothing more is written while the socket holds so many bytes. Default 64 KiB. */
  readonly highWaterBytes: number
  /** Without any acknowledgement for so long, in ms, the link is probed, and after as long again given up. Default 10 000. */
  readonly ackMs: number
}

/** Where publishes are written. */
export interface Writer {
  readonly publish: (fields: PubFields, text: string) => void
  /** Bytes on their way to the network, and waiting. */
  readonly buffered: () => number
}

/** What a welcome says that matters for sending. */
export interface Terms {
  /** What the server calls its memory of lanes: see the retry flag in docs/protocol.md. */
  readonly lanes?: string
  readonly limits: Limits
  readonly durability: Durability
}
