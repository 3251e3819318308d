import type { SchedulerLike, Observable } from 'rxjs'
import type { Classify } from '../connection/model.js'
import type { Backoff } from '../core/backoff.js'
import type { Hint, Transport } from '../core/ports.js'
import type { RetryLimit } from '../core/retries.js'
import type { Addresses, Url } from './addresses.js'
import type { ClientCodec } from '../protocol/codec.js'
import type { ClientLogger } from './log.js'

/** Time limits of each phase, in milliseconds. */
export interface DeadlineOptions {
  /** From the start of a socket until it is open. Default 10 000. */
  readonly connectMs: number
  /** From the open socket until the server's welcome, the handshake. Default 10 000. */
  readonly handshakeMs: number
  /** From writing a join until its answer. Default 10 000. */
  readonly joinMs: number
}

/** The options that the kernel and its extensions read, with every default filled in. */
export interface KernelConfig {
  readonly url: Url | Addresses
  readonly transport: Transport
  readonly codec: ClientCodec
  readonly autoConnect: boolean
  readonly backoff: Backoff
  readonly retries?: RetryLimit | undefined
  readonly deadlines: DeadlineOptions
  readonly settleMs: number
  readonly lingerMs: number
  /** High-water mark: nothing is written while the socket holds so many bytes. */
  readonly highWaterBytes: number
  readonly messageBytes: number
  readonly classify: Classify
  readonly hints$: Observable<Hint>
  readonly logger?: ClientLogger | undefined
  readonly scheduler: SchedulerLike
  readonly wall: () => number
  readonly random: () => number
  readonly ids: () => string
}
