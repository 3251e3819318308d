import { isFields } from './field.js'

type Range = readonly [least: number, most: number]

const hourMs = 3_600_000
const yearMs = 365 * 24 * hourMs
const wait: Range = [0, hourMs]
const lifetime: Range = [0, yearMs]
const beat: Range = [100, hourMs]
const limit: Range = [1, 2 ** 31 - 1]

/** The accepted range of each number that a server announces or asks for: the table of docs/protocol.md. */
export const ranges = {
  retryAfterMs: wait,
  spreadMs: wait,
  afterMs: wait,
  drainMs: wait,
  tokenExpiresInMs: lifetime,
  expiresInMs: lifetime,
  intervalMs: beat,
  graceMs: beat,
  dedupeMs: lifetime,
  messageBytes: limit,
  rooms: limit,
  joinsPerFrame: limit,
  publishesPerSecond: limit,
  unseenBytes: [1_024, 2 ** 31 - 1],
  history: [0, 65_536],
  framesPerSecond: limit,
  bytesPerSecond: limit,
  joinsPerSecond: limit,
  pagesPerSecond: limit,
} satisfies Readonly<Record<string, Range>>

const within = (name: string, value: unknown): unknown => {
  if (isFields(value)) return clamp(value)
  const range = Object.hasOwn(ranges, name) ? ranges[name as keyof typeof ranges] : undefined
  return range && typeof value === 'number' ? Math.min(range[1], Math.max(range[0], value)) : value
}

/** Clamps each number to its range. For frames without payload. */
export const clamp = <F extends object>(frame: F): F =>
  Object.fromEntries(Object.entries(frame).map(([name, value]) => [name, within(name, value)])) as F
