import { type Checks, given, ms as milliseconds } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Message } from './message.js'
import type { IncomingMessage, Interceptor } from './sink.js'

/**
 * How messages are conflated when they arrive faster than the subscriber needs. Drops only messages, and only older
 * ones for a newer one; `metrics$` counts each as `conflated`. Gaps, refusals and payloads that do not decode arrive at
 * once, after the held messages. Order is kept.
 */
export type Policy<T = never> = LatestBy<T> | Sample

/** Keeps only the last of the messages of one key within a time. */
export interface LatestBy<T = never> {
  readonly _tag: 'LatestBy'
  readonly key: (message: Message<T>) => unknown
  readonly everyMs: number
  /** The fault of its options: each subscription answers it. */
  readonly fault?: ConfigError | undefined
}

/** Keeps at most one message in so many milliseconds. */
export interface Sample {
  readonly _tag: 'Sample'
  readonly ms: number
  readonly fault?: undefined
}

/**
 * Emits only the last of the messages with the same key that arrive within `everyMs` (default 50): prices by symbol,
 * cursors by user. With 0: of the messages that the platform hands over together. Holds at most 1 024 keys; beyond, it
 * emits them early. A throw of `key` is a fault, and the message is emitted.
 */
export const latestBy = <T>(
  key: (message: Message<T>) => unknown,
  options?: { readonly everyMs?: number },
): LatestBy<T> => {
  const { fault, options: { everyMs = 50 } } = given(options, latestChecks) // prettier-ignore
  return { _tag: 'LatestBy', key, everyMs, ...(fault && { fault }) }
}

const latestChecks: Checks = { everyMs: milliseconds }

/** Emits the first message at once, then the last of each `ms` milliseconds with messages. Dropped messages are not decoded. */
export const sample = (ms: number): Sample => ({ _tag: 'Sample', ms })

/** The most keys to hold. */
export const mostKeys = 1_024

/** The dependencies of a policy. */
export interface PolicyNeeds {
  readonly deadlines: Deadlines
  /** Runs a task in a turn, once the platform's pending events are handled. */
  readonly soon: (task: () => void) => void
  readonly turn: (task: () => void) => void
  /** A newer message replaced an older one. */
  readonly conflated: () => void
}

/** The subscriber behind a policy. */
export interface Consumer {
  /** True if the subscription wants its event. */
  readonly wants: (arrival: IncomingMessage) => boolean
  /** Returns the key of a message that decodes, and the function that emits it. */
  readonly keyed: (arrival: IncomingMessage, key: LatestBy['key']) => Keyed | undefined
  readonly offer: (arrival: IncomingMessage) => void
  readonly gap: Interceptor['gap']
}

export interface Keyed {
  readonly key: unknown
  readonly tell: () => void
}

/** A gate that holds messages for a time, one per key. */
export const policed = (policy: Policy, needs: PolicyNeeds, to: Consumer): Interceptor => {
  const held = new Map<unknown, () => void>()
  const everyMs = policy._tag === 'Sample' ? policy.ms : policy.everyMs
  let alarm: Deadline | undefined
  let isArmed = false

  const flush = (): void => {
    const all = [...held.values()]
    held.clear()
    for (const tell of all) tell()
  }
  const arm = (): void => {
    if (isArmed) return
    isArmed = true
    const due = (): void => {
      isArmed = false
      const isQuiet = held.size === 0
      flush()
      if (policy._tag === 'Sample' && !isQuiet) arm()
    }
    if (everyMs === 0) needs.soon(due)
    else alarm = needs.deadlines.after(everyMs, () => { needs.turn(due) }) // prettier-ignore
  }
  const hold = ({ key, tell }: Keyed): void => {
    // Reinserts: held messages are emitted in the order of the room.
    if (held.delete(key)) needs.conflated()
    held.set(key, tell)
    if (held.size >= mostKeys) flush()
    else arm()
  }

  return {
    take: (arrival) => {
      if (!to.wants(arrival)) return
      const keyed: Keyed | undefined =
        policy._tag === 'LatestBy'
          ? to.keyed(arrival, policy.key)
          : isArmed
            ? {
                key: undefined,
                tell: () => {
                  to.offer(arrival)
                },
              }
            : undefined
      if (keyed) {
        hold(keyed)
        return
      }
      flush()
      to.offer(arrival)
      if (policy._tag === 'Sample') arm()
    },
    gap: (missing, isFirst) => {
      flush()
      to.gap(missing, isFirst)
    },
    close: () => {
      flush()
      alarm?.cancel()
    },
  }
}
