import { type Checks, given, ms as milliseconds } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { Deadline, Deadlines } from '../core/deadlines.js'
import type { Message } from './message.js'
import type { Arrival, Gate } from './sink.js'

/**
 * What a subscription is told of what comes faster than it can use. Only messages are dropped, and only older ones for a
 * newer one; each is counted in `metrics$` as `conflated`. Gaps, refusals and payloads that do not decode are told at once,
 * after what is held. Order is kept.
 */
export type Policy<T = never> = LatestBy<T> | Sample

/** Of the messages of one key within a time only the last. */
export interface LatestBy<T = never> {
  readonly _tag: 'LatestBy'
  readonly key: (message: Message<T>) => unknown
  readonly everyMs: number
  /** The misfit of its options: each subscription answers it. */
  readonly fault?: ConfigError | undefined
}

/** At most one message in so many milliseconds. */
export interface Sample {
  readonly _tag: 'Sample'
  readonly ms: number
  readonly fault?: undefined
}

/**
 * Of the messages with the same key that come within `everyMs` (default 50) only the last is told: prices by symbol, cursors by
 * user. With 0: of those that come at once, as the platform hands them over. Holds at most 1 024 keys, then tells them before the time. What `key` throws is a fault, and the
 * message is told.
 */
export const latestBy = <T>(
  key: (message: Message<T>) => unknown,
  options?: { readonly everyMs?: number },
): LatestBy<T> => {
  const { fault, options: { everyMs = 50 } } = given(options, latestChecks) // prettier-ignore
  return { _tag: 'LatestBy', key, everyMs, ...(fault && { fault }) }
}

const latestChecks: Checks = { everyMs: milliseconds }

/** The first message at once, then the last of each `ms` milliseconds in which any came. What is dropped is not decoded. */
export const sample = (ms: number): Sample => ({ _tag: 'Sample', ms })

/** Keys that are held at most. */
export const mostKeys = 1_024

/** What a policy works with. */
export interface PolicyNeeds {
  readonly deadlines: Deadlines
  /** Once what the platform has at hand is handled, in a turn. */
  readonly soon: (task: () => void) => void
  readonly turn: (task: () => void) => void
  /** Older messages were dropped for newer ones. */
  readonly conflated: () => void
}

/** What a policed subscription is offered. */
export interface Consumer {
  /** Whether it is of an event that is wanted. */
  readonly wants: (arrival: Arrival) => boolean
  /** A message that decodes and has a key: that, and how to tell it. */
  readonly keyed: (arrival: Arrival, key: LatestBy['key']) => Keyed | undefined
  readonly offer: (arrival: Arrival) => void
  readonly gap: Gate['gap']
}

export interface Keyed {
  readonly key: unknown
  readonly tell: () => void
}

/** A gate that holds messages for a time, each for its key. */
export const policed = (policy: Policy, needs: PolicyNeeds, to: Consumer): Gate => {
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
    // Anew: what is told is in the order of the room.
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
