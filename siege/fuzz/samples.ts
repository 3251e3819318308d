import type { ClientFrame, Limits, ServerFrame } from '../../lib/protocol/frame.js'

const at = { epoch: 'E', offset: 3 }
const refusal = { code: 'room/busy', message: 'busy', kind: 'retry', retryAfterMs: 100, spreadMs: 100 } as const

export const limits: Limits = {
  messageBytes: 2 ** 20,
  rooms: 1_000,
  joinsPerFrame: 1_000,
  publishesPerSecond: 2_000,
  unseenBytes: 2 ** 20,
  dedupeMs: 3_600_000,
  history: 100,
}

/** A valid frame of each kind, and more of those that have parts. */
export const clientFrames: readonly ClientFrame[] = [
  { t: 'auth', ref: 1, token: 'ann' },
  { t: 'join', ch: 1, room: 'r', want: ['messages'] },
  { t: 'join', ch: 2, room: 'r2', want: ['messages'], from: at, mustExist: true },
  { t: 'join', ch: 3, room: 'r3', want: ['messages', 'info'], from: { last: 5 }, password: 'secret' },
  { t: 'leave', ch: 1 },
  { t: 'history', ch: 4, room: 'r', count: 5, after: at },
  { t: 'history', ch: 5, room: 'r', count: 5, before: at },
  { t: 'ping', n: 1 },
  { t: 'pong', n: 1, seen: 2 },
  { t: 'seen', n: 1 },
  ['p', 1, 'r', 'p', 1, 0, 'id-1', 'event', { a: [1, 'b', null] }, 0],
  ['p', 2, 'r', 'p', 2, 1, 'id-2', 'event', 1, 3],
  ['s', 1, 'typing', { on: true }],
]

export const serverFrames: readonly ServerFrame[] = [
  { t: 'refused', ref: 1, ...refusal },
  { t: 'auth.ok', ref: 1, expiresInMs: 60_000 },
  { t: 'joined', ch: 1, number: 1, epoch: 'E', first: 1, head: 3, base: 3, recovered: true, info: {}, permissions: ['read', 'publish'] },
  { t: 'joined', ch: 2, number: 2, epoch: 'E', first: 1, head: 3, base: 1, recovered: false, because: 'truncated', info: {}, permissions: [] },
  { t: 'left', ch: 1, ...refusal },
  { t: 'granted', ch: 1, permissions: ['read'] },
  { t: 'gap', ch: 1, from: { epoch: 'E', offset: 3 }, to: { epoch: 'E', offset: 9 }, because: 'truncated' },
  { t: 'page', ch: 3, epoch: 'E', first: 1, head: 3, base: 1, recovered: true },
  { t: 'ping', n: 1 },
  { t: 'pong', n: 1 },
  { t: 'bye', because: 'restart', reconnect: { afterMs: 10, spreadMs: 10 }, drainMs: 100 },
  { t: 'bye.done' },
  { t: 'limits', limits },
  ['m', 1, 4, 'id-4', 'event', ['ben', 's'], 1_000, { a: 1 }],
  ['m', 1, 9, 'id-9', 'event', ['ben', 's'], 1_000, 1, { prev: 3 }],
  ['s', 1, 'typing', { on: true }, ['ben', 's']],
  ['a', 'E', 0, 1, 4, 1_000, 2, 5, 1_000],
] // prettier-ignore
