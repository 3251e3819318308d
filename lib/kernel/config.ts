import type { SchedulerLike, Observable } from 'rxjs'
import type { Classify } from '../connection/model.js'
import type { Backoff } from '../core/backoff.js'
import type { Logger } from '../core/logger.js'
import type { Hint, Transport } from '../core/ports.js'
import type { TokenSource } from '../token/source.js'

/** Time limits of each phase, in milliseconds. */
export interface DeadlineOptions {
  /** From the start of a socket until it is open. Default 10 000. */
  readonly connectMs: number
  /** From the open socket until the server's welcome, the handshake. Default 10 000. */
  readonly handshakeMs: number
  /** From asking the token source until it answers. Default 10 000. */
  readonly tokenMs: number
  /** From writing a join until its answer. Default 10 000. */
  readonly joinMs: number
}

/** The time at which a token is renewed. */
export interface RenewalOptions {
  /** Milliseconds before the token's end, but at most a tenth of its lifetime. Default 30 000. */
  readonly leewayMs: number
  /** The share of the lifetime, from 0 to 1, over which renewals spread at random. Default 0.1. */
  readonly spread: number
}

/** The options that the kernel and its extensions read, with every default filled in. */
export interface KernelConfig {
  readonly url: string | (() => string)
  readonly token: TokenSource | undefined
  readonly transport: Transport
  readonly autoConnect: boolean
  readonly backoff: Backoff
  readonly deadlines: DeadlineOptions
  readonly settleMs: number
  readonly lingerMs: number
  readonly renewal: RenewalOptions
  /** High-water mark: nothing is written while the socket holds so many bytes. */
  readonly highWaterBytes: number
  readonly messageBytes: number
  readonly classify: Classify
  readonly hints$: Observable<Hint>
  readonly logger: Logger | undefined
  readonly scheduler: SchedulerLike
  readonly wall: () => number
  readonly random: () => number
  readonly ids: () => string
}
