import { Subscription } from 'rxjs'
import type { Link } from '../connection/link.js'
import { backoff, retryIn } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { Retries } from '../core/retries.js'
import { unhandled } from '../core/stream.js'
import type { AuthOk, Refused } from '../protocol/frame.js'
import type { KernelConfig } from './config.js'
import type { TokenHolder } from './token-holder.js'
import type { Turns } from './turns.js'

/** The tokens of one link: the token of its hello and the renewals. */
export interface Renewals {
  /** Writes the current token, unless it was written already. */
  readonly renew: () => void
  /** Reports the lifetime of the written token, as the server gives it. */
  readonly lifetime: (ms: number) => void
  readonly accepted: (frame: AuthOk) => void
  /** Takes the refusal of a renewal; that of another frame has no effect. */
  readonly refused: (frame: Refused) => void
  /** The link has ended. */
  readonly stop: () => void
}

export interface RenewalNeeds {
  readonly config: Pick<KernelConfig, 'backoff' | 'random'>
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly retries: Pick<Retries, 'permitted'>
  readonly tokens: Pick<TokenHolder, 'current' | 'inForce' | 'lifetime' | 'rejected'>
  /** Another token is in force: requests refused before may now succeed. */
  readonly inForce: () => void
}

/** `token` is the number of the hello's token. Calls `over` for a refusal that ends the link. */
export const renewals = (
  { config, turns, deadlines, retries, tokens, inForce }: RenewalNeeds,
  link: Link,
  token: number,
  over: (frame: Refused) => void,
): Renewals => {
  const { backoff: waits, random } = config
  const pending = new Map<number, number>()
  let written = token
  let lastRef = 2 ** 32
  let rejections = 0
  const waiting = new Subscription()

  const later = (ms: number, task: () => void): void => {
    const due$ = retries.permitted(deadlines.elapsed(ms))
    waiting.add(
      due$.subscribe({
        next: () => {
          turns.enter(() => {
            if (!waiting.closed) task()
          })
        },
        error: unhandled,
      }),
    )
  }
  const renew = (): void => {
    const current = tokens.current()
    if (!current || current.token === written) return
    written = current.token
    pending.set(++lastRef, written)
    link.control({ t: 'auth', ref: lastRef, token: current.text })
  }
  return {
    renew,
    lifetime: (ms) => {
      tokens.lifetime(written, ms)
    },
    accepted: ({ ref, expiresInMs }) => {
      const asked = pending.get(ref)
      if (asked === undefined) return
      pending.delete(ref)
      rejections = 0
      tokens.inForce(asked)
      if (expiresInMs !== undefined) tokens.lifetime(asked, expiresInMs)
      inForce()
    },
    refused: (frame) => {
      const asked = pending.get(frame.ref ?? 0)
      if (asked === undefined) return
      pending.delete(frame.ref ?? 0)
      const { kind, retryAfterMs = 0 } = frame
      const isReplaced = (): boolean => written !== asked
      if (kind === 'terminal') over(frame)
      else if (kind !== 'reauth') {
        // The server could not check the token, which stays valid until the server rejects it.
        later(retryIn(waits, 0, random(), { ...frame, retryAfterMs: Math.max(waits.firstMs, retryAfterMs) }), () => {
          if (isReplaced()) return
          written = 0
          renew()
        })
      } else if (rejections++ === 0) tokens.rejected(asked)
      else
        later(backoff(waits, rejections - 2, random()), () => {
          tokens.rejected(asked)
        })
    },
    stop: () => {
      waiting.unsubscribe()
    },
  }
}
