import * as E from '#fp/Either'
import type { Parts } from '../../client/parts.js'
import type { Policy } from '../../client/strategy.js'
import { callable, type Checks, given, ms as milliseconds, optionFault, required, time } from '../../core/check.js'
import type { Deadline } from '../../core/deadlines.js'
import { frozen } from '../../core/frozen.js'
import { guard } from '../../core/guard.js'
import { fault } from '../../kernel/fault.js'
import { gapError, offer, read } from '../../rooms/deliver.js'
import type { Message } from '../../rooms/message.js'
import type { IncomingMessage, Interceptor } from '../../rooms/sink.js'
import type { Subscribed } from '../../rooms/sinks.js'

/** Options of `latestBy`. */
export interface LatestByOptions {
  /** The time, in ms, within which only the last message of a key is emitted. Default 50. */
  readonly everyMs?: number | undefined
}

const latestChecks: Checks<keyof LatestByOptions> = { everyMs: milliseconds }
const keyChecks: Checks<'key'> = { key: /*#__PURE__*/ required(callable) }
const sampleChecks: Checks<'ms'> = { ms: time }

/**
 * Emits only the last of the messages with the same key that arrive within `everyMs` (default 50): prices by symbol,
 * cursors by user. With 0: of the messages that the platform hands over together. Holds at most 1 024 keys; beyond, it
 * emits them early. A throw of `key` is a fault, and the message is emitted. Drops are counted as `conflated`.
 */
export const latestBy = <T>(key: (message: Message<T>) => unknown, options?: LatestByOptions): Policy<T> => {
  const { fault: misfit, options: known } = given(options, latestChecks)
  const { everyMs = 50 } = known
  return Object.freeze({
    _tag: 'LatestBy',
    key,
    fault: optionFault({ key }, keyChecks) ?? misfit,
    intercept: ((parts, to) =>
      conflated(
        parts,
        to,
        everyMs,
        keyedBy(parts, to, key as (message: Message<unknown>) => unknown),
      )) satisfies Policy['intercept'],
  })
}

/**
 * Emits the first message at once, then the last of each `ms` milliseconds with messages. Dropped messages are not
 * decoded, and are counted as `conflated`.
 */
export const sample = (ms: number): Policy<unknown> =>
  Object.freeze({
    _tag: 'Sample',
    fault: optionFault({ ms }, sampleChecks),
    intercept: ((parts, to) => conflated(parts, to, ms, undefined)) satisfies Policy['intercept'],
  })

/** The most keys to hold. */
export const mostKeys = 1_024

/** A held message: its key, and the function that emits it. */
interface Held {
  readonly key: unknown
  readonly tell: () => void
}

/** Finds the key of a message that decodes; `undefined`: it is emitted at once. */
type KeyOf = (arrival: IncomingMessage) => Held | undefined

const keyedBy =
  ({ kernel }: Parts, { room, sink }: Subscribed, key: (message: Message<unknown>) => unknown): KeyOf =>
  (arrival) => {
    const decode = sink.wish(arrival.frame[4])
    const result = decode && read(room.name, decode, arrival)
    if (!result || E.isLeft(result)) return undefined
    const keyed = guard(() => key(result.right))
    if (E.isLeft(keyed)) {
      kernel.diagnostics.report(fault('FunctionThrew', `policy: ${keyed.left}`))
      return undefined
    }
    return {
      key: keyed.right,
      tell: () => {
        sink.to.next(arrival.shared || sink.to.shared ? frozen(result) : result)
      },
    }
  }

/** A gate that holds messages for a time, one per key. Without keys it emits at most one message in that time. */
const conflated = (
  { kernel }: Parts,
  { room, sink }: Subscribed,
  everyMs: number,
  keyOf: KeyOf | undefined,
): Interceptor => {
  const { turns, deadlines, diagnostics } = kernel
  const held = new Map<unknown, () => void>()
  let alarm: Deadline | undefined
  let isArmed = false

  const give = (arrival: IncomingMessage): void => {
    offer(room.name, sink, arrival)
  }
  const flush = (): void => {
    const all = [...held.values()]
    held.clear()
    for (const tell of all) tell()
  }
  const due = (): void => {
    isArmed = false
    const isQuiet = held.size === 0
    flush()
    if (!keyOf && !isQuiet) arm()
  }
  const arm = (): void => {
    if (isArmed) return
    isArmed = true
    const ring = (): void => {
      turns.enter(due)
    }
    if (everyMs === 0) turns.soon(ring)
    else alarm = deadlines.after(everyMs, ring)
  }
  const hold = ({ key, tell }: Held): void => {
    // Reinserts: held messages are emitted in the order of the room.
    if (held.delete(key)) diagnostics.counters.conflated++
    held.set(key, tell)
    if (held.size >= mostKeys) flush()
    else arm()
  }
  /** While a sample's time runs, the last message waits for its end. */
  const sampled: KeyOf = (arrival) =>
    isArmed
      ? {
          key: undefined,
          tell: () => {
            give(arrival)
          },
        }
      : undefined

  return {
    take: (arrival) => {
      if (sink.wish(arrival.frame[4]) === undefined) return
      const keyed = (keyOf ?? sampled)(arrival)
      if (keyed) {
        hold(keyed)
        return
      }
      flush()
      give(arrival)
      if (!keyOf) arm()
    },
    gap: (missing) => {
      flush()
      sink.to.next(E.left(gapError(missing)))
    },
    close: () => {
      flush()
      alarm?.cancel()
    },
  }
}
