import type { Observable } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Answer, EngineFailure } from '../answer.js'

/** Names a command: ids are of the client's making, unique for its user. */
export interface CallKey {
  readonly user: string
  readonly id: string
}

export interface CallClaim extends CallKey {
  /** The lease of the server that wants to run the command (`tables.lease`). When it ends, the command counts as lost. */
  readonly lease: string
}

/** The state of a command. */
export type CallState =
  /** Only as the answer of a claim: this server runs it. */
  | { readonly _tag: 'First' }
  /** Only as an item of `watch`: nobody has claimed or cancelled it, or that is forgotten. */
  | { readonly _tag: 'Unclaimed' }
  /** Claimed earlier, by this or another server. */
  | { readonly _tag: 'Running' }
  /** It has run. The outcome is a text; `undefined`: too large to keep. */
  | { readonly _tag: 'Done'; readonly outcome: string | undefined }
  /** Cancelled before it was claimed: it must never run. */
  | { readonly _tag: 'Cancelled' }
  /** Claimed, and the lease of its server ended before it was settled: it may have run, wholly or in part. */
  | { readonly _tag: 'Lost' }
  /** Only as the answer of a claim or a cancel, which changed nothing: the engine keeps no more commands of this user. */
  | { readonly _tag: 'Full' }

/**
 * The engine's memory of commands: each runs at most once, over reconnects, servers and, where the engine outlives its
 * process, restarts.
 *
 * A command is remembered for `dedupeMs` after its last change, a running one while it runs. `Done`, `Cancelled` and
 * `Lost` never change in that time. A change has the engine's durability before it is answered or shown.
 */
export interface CallLedger {
  /**
   * The name of this memory. While it is the same, no claim of the last `dedupeMs` is forgotten: nothing is evicted
   * before its time.
   */
  readonly name: string
  /** Claims a command. Fails, and remembers nothing, where it would be the first and the lease is not in force. */
  readonly claim: (claim: CallClaim) => Answer<CallState>
  /** Notes the outcome of a running command; the first outcome stays. Without effect for any other. */
  readonly settle: (key: CallKey, outcome: string | undefined) => Answer<void>
  /** Cancels a command that nobody has claimed; otherwise answers its state and changes nothing. */
  readonly cancel: (key: CallKey) => Answer<CallState>
  /**
   * Emits the state now and each change; completes after `Done`, `Cancelled` and `Lost`. The engine has no timer: it
   * finds a loss when any lease is renewed or ended, and when the command is claimed or cancelled.
   */
  readonly watch: (key: CallKey) => Observable<Either<EngineFailure, CallState>>
}
