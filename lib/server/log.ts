import type { Position } from '../core/position.js'
import type { Logged } from '../protocol/codec.js'
import type { From } from '../protocol/frame.js'
import type { Base, Page, PageLimit } from './engine.js'

/** One incarnation of a room's log: its messages by offset, in a ring. Offsets are consecutive. */
export interface Log {
  readonly epoch: string
  /** The offset of the oldest held message, or `head + 1` without one. */
  first: number
  head: number
  bytes: number
  /** A ring whose length is a power of two; the slot of an offset is the offset modulo the length. */
  slots: (Kept | undefined)[]
}

interface Kept {
  readonly message: Logged
  readonly time: number
  readonly bytes: number
}

/** The bounds of a log. */
export interface LogBounds {
  readonly messages: number
  readonly bytes: number
  readonly ageMs: number
}

export const emptyLog = (epoch: string): Log => ({ epoch, first: 1, head: 0, bytes: 0, slots: [] })

/** Returns the heap bytes of a message, measured on 64 bits. Latin-1 texts take one byte per character, others two. */
export const weight = ({ id, event, data }: Logged): number => 250 + textBytes(id) + textBytes(event) + textBytes(data)

/** Returns the heap bytes of a text. */
export const textBytes = (text: string): number => (/[^\0-\xff]/.test(text) ? 2 : 1) * text.length

/** Appends at the head. The message's offset is `head + 1`. */
export const push = (log: Log, message: Logged, time: number): void => {
  const count = log.head - log.first + 1
  if (count === log.slots.length) grow(log)
  log.head = message.offset
  const bytes = weight(message)
  log.slots[slot(log, message.offset)] = { message, time, bytes }
  log.bytes += bytes
}

/** Drops the oldest messages until the log is within its bounds. The size bounds spare the newest, however large. */
export const trim = (log: Log, { messages, bytes, ageMs }: LogBounds, now: number): void => {
  while (log.first < log.head && (log.head - log.first >= messages || log.bytes > bytes)) shift(log)
  for (let kept = oldest(log); kept && kept.time < now - ageMs; kept = oldest(log)) shift(log)
}

/** Returns the author of the newest held message. */
export const latestUser = (log: Log): string | undefined => log.slots[slot(log, log.head)]?.message.from[0]

/** Drops every message; offsets continue. */
export const truncate = (log: Log): void => {
  log.first = log.head + 1
  log.bytes = 0
  log.slots = []
}

/** Returns the same log with at most its last `count` messages. */
export const withLast = (log: Log, count: number): Log => {
  const kept = { ...log, slots: [...log.slots] }
  while (kept.head - kept.first + 1 > Math.max(0, count)) shift(kept)
  return kept
}

/** Returns the base of a feed or page that starts at `from`. */
export const baseFrom = ({ epoch, first, head }: Log, from: From | undefined): Base => {
  const at = (base: number): Base => ({ _tag: 'Base', epoch, first, head, base, recovered: true })
  if (from === undefined) return at(head)
  if ('last' in from) return at(Math.max(first - 1, head - from.last))
  if (from.epoch !== epoch || from.offset > head) return { ...at(first - 1), recovered: false, because: 'epoch' }
  if (from.offset < first - 1) return { ...at(first - 1), recovered: false, because: 'truncated' }
  return at(from.offset)
}

/** Returns the messages after an offset, within a limit; at least one, if there is one. */
export const slice = (log: Log, after: number, limit: PageLimit): readonly Logged[] => {
  const messages: Logged[] = []
  let bytes = 0
  for (let offset = Math.max(after + 1, log.first); offset <= log.head && messages.length < limit.count; offset++) {
    const message = log.slots[slot(log, offset)]?.message
    if (!message) break
    bytes += message.data.length
    if (messages.length > 0 && bytes > limit.bytes) break
    messages.push(message)
  }
  return messages
}

export const page = (log: Log, after: Position, limit: PageLimit): Page => {
  const base = baseFrom(log, after)
  return { base, messages: slice(log, base.base, limit) }
}

const slot = (log: Log, offset: number): number => offset & (log.slots.length - 1)

const oldest = (log: Log): Kept | undefined => (log.first > log.head ? undefined : log.slots[slot(log, log.first)])

const shift = (log: Log): void => {
  const kept = oldest(log)
  log.slots[slot(log, log.first++)] = undefined
  if (kept) log.bytes -= kept.bytes
}

const grow = (log: Log): void => {
  const size = Math.max(8, log.slots.length * 2)
  const slots = Array.from<Kept | undefined>({ length: size })
  for (let offset = log.first; offset <= log.head; offset++) {
    slots[offset & (size - 1)] = log.slots[slot(log, offset)]
  }
  log.slots = slots
}
