import type { Link } from '../connection/link.js'
import { backoff, retryIn } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { AuthOk, Refused } from '../protocol/frame.js'
import type { Config } from './config.js'
import type { Tokens } from './tokens.js'
import type { Turns } from './turns.js'

/** The tokens of one link: that of its hello, and those that renew it. */
export interface Renewals {
  /** Writes the present token, unless it was written already. */
  readonly renew: () => void
  /** How long the server takes the present token. */
  readonly lifetime: (ms: number) => void
  readonly accepted: (frame: AuthOk) => void
  /** False for the refusal of something else. */
  readonly refused: (frame: Refused) => boolean
  /** The link is gone. */
  readonly stop: () => void
}

export interface RenewalNeeds {
  readonly config: Pick<Config, 'backoff' | 'random'>
  readonly turns: Turns
  readonly deadlines: Deadlines
  readonly tokens: Tokens
  /** Another token is in force: what was refused may be granted now. */
  readonly inForce: () => void
}

/** `token`: the number of that in the hello. `over` is called for a refusal that ends the link. */
export const renewals = (
  { config, turns, deadlines, tokens, inForce }: RenewalNeeds,
  link: Link,
  token: number,
  over: (frame: Refused) => void,
): Renewals => {
  const { backoff: waits, random } = config
  const pending = new Map<number, number>()
  let written = token
  let lastRef = 2 ** 32
  let rejections = 0
  let isOver = false

  const later = (ms: number, task: () => void): void => {
    deadlines.after(ms, () => { turns.enter(() => { if (!isOver) task() }) })
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
    lifetime: (ms) => { tokens.lifetime(written, ms) },
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
      if (asked === undefined) return false
      pending.delete(frame.ref ?? 0)
      const { kind, retryAfterMs = 0 } = frame
      const isReplaced = (): boolean => written !== asked
      if (kind === 'terminal') over(frame)
      else if (kind !== 'reauth') {
        // The token could not be checked: it is good until the contrary is said.
        later(retryIn(waits, 0, random(), { ...frame, retryAfterMs: Math.max(waits.firstMs, retryAfterMs) }), () => {
          if (isReplaced()) return
          written = 0
          renew()
        })
      } else if (rejections++ === 0) tokens.rejected(asked)
      else later(backoff(waits, rejections - 2, random()), () => { tokens.rejected(asked) })
      return true
    },
    stop: () => { isOver = true },
  }
} // prettier-ignore
