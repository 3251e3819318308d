import type { ClientFrame, Join, Limits, ServerFrame, TableFrame, Welcome } from '../../../protocol/frame.js'

export const join: Join = { t: 'join', ch: 1, room: 'lobby', want: ['messages'] }

export const limits: Limits = {
  messageBytes: 65_536,
  rooms: 10_000,
  joinsPerFrame: 200,
  publishesPerSecond: 1_000,
  unseenBytes: 1_048_576,
  dedupeMs: 300_000,
}

export const welcome: Welcome = {
  t: 'welcome',
  can: [],
  session: { id: 's1', resume: 'r1', expiresInMs: 60_000 },
  user: 'ann',
  roles: [],
  heartbeat: { intervalMs: 25_000, graceMs: 10_000 },
  limits,
  durability: 'memory',
}

const refusal = { code: 'room/forbidden', message: 'no', kind: 'terminal' } as const
const position = { epoch: 'e1', offset: 3 }

/** One valid frame of every kind that clients send, as plain JSON, by a readable name. */
export const clientFrames: Readonly<Record<string, ClientFrame>> = {
  hello: { t: 'hello', can: [], session: { instance: 'i1', generation: 1 }, rooms: [] },
  'hello with everything': {
    t: 'hello',
    can: ['x'],
    token: 'secret',
    session: { instance: 'i1', generation: 7, resume: 'r1' },
    messageBytes: 1_048_576,
    rooms: [
      join,
      { ...join, ch: 2, from: position },
      { t: 'joins', ch: 3, rooms: ['news', 'jobs'], want: ['messages'] },
    ],
  },
  auth: { t: 'auth', ref: 1, token: 'secret' },
  join,
  'join from a position': { ...join, from: position },
  'join with the last messages': { ...join, from: { last: 10 }, mustExist: true, password: 'p' },
  joins: { t: 'joins', ch: 3, rooms: ['lobby', 'news'], want: ['messages'] },
  'joins from positions': {
    t: 'joins',
    ch: 5,
    rooms: ['lobby', 'news', 'jobs'],
    want: ['messages'],
    from: ['e1', 3, 5, 'e2', 0],
  },
  leave: { t: 'leave', ch: 1 },
  history: { t: 'history', ch: 1, room: 'lobby', count: 50 },
  'history after a position': { t: 'history', ch: 1, room: 'lobby', count: 50, after: position },
  'history before a position': { t: 'history', ch: 1, room: 'lobby', count: 50, before: position },
  view: { t: 'view', ch: 1, of: 'shared', view: 'all' },
  'view from a version': { t: 'view', ch: 1, of: 'shared', view: 'all', from: { epoch: 'e1', version: 3 } },
  put: { t: 'put', ch: 2, room: 'lobby', of: 'shared', key: 'topic', value: { text: 'hi' }, ifNew: true, ifVersion: 0 },
  'put that drops': { t: 'put', ch: 2, room: 'lobby', of: 'shared', key: 'topic' },
  ping: { t: 'ping', n: 1 },
  pong: { t: 'pong', n: 1, seen: 12 },
  seen: { t: 'seen', n: 12 },
  pub: ['p', 1, 'lobby', 'x1', 1, 0, 'm1', 'message', { text: 'hi' }, 0],
  signal: ['s', 1, 'typing', { at: 3 }],
  'pub with null': ['p', 1, 'lobby', 'x1', 12, 11, 'm1', 'message', null, 1],
}

/** One valid frame of every kind of tables that servers send, as plain JSON, by a readable name. */
export const tableFrames: Readonly<Record<string, TableFrame>> = {
  rows: {
    t: 'rows',
    number: 1,
    of: 'shared',
    epoch: 'e1',
    version: 3,
    page: 0,
    rows: [
      ['topic', 3, { text: 'hi' }],
      ['votes', 1, null],
    ],
    more: false,
  },
  change: {
    t: 'change',
    number: 1,
    of: 'shared',
    epoch: 'e1',
    version: 5,
    prev: 3,
    put: [['votes', 5, 2]],
    drop: [['topic', 'dropped']],
  },
  'put.ok': { t: 'put.ok', ch: 2, version: 5 },
  kept: { t: 'kept', ch: 2, row: ['votes', 5, 2] },
  'kept without a row': { t: 'kept', ch: 2 },
}

/** One valid frame of every other kind that servers send, as plain JSON, by a readable name. */
export const serverFrames: Readonly<Record<string, ServerFrame>> = {
  welcome,
  'welcome with everything': {
    ...welcome,
    data: { name: 'Ann' },
    since: 1_700_000_000_000,
    resumed: true,
    tokenExpiresInMs: 3_600_000,
    lanes: 'k1',
  },
  'refused link': { t: 'refused', ...refusal },
  'refused frame': { t: 'refused', ref: 1, ...refusal, retryAfterMs: 100, spreadMs: 0 },
  'auth.ok': { t: 'auth.ok', ref: 1 },
  'auth.ok with a lifetime': { t: 'auth.ok', ref: 1, expiresInMs: 60_000 },
  session: { t: 'session', roles: ['admin'], data: { name: 'Ann' } },
  'session without data': { t: 'session', roles: [] },
  joined: {
    t: 'joined',
    ch: 1,
    number: 1,
    epoch: 'e1',
    first: 1,
    head: 0,
    base: 0,
    recovered: true,
    info: {},
    permissions: ['read', 'publish', 'history'],
  },
  'joined with a hole': {
    t: 'joined',
    ch: 1,
    number: 1,
    epoch: 'e2',
    first: 5,
    head: 9,
    base: 4,
    recovered: false,
    because: 'truncated',
    info: { topic: 'x' },
    permissions: [],
  },
  left: { t: 'left', ch: 1, ...refusal },
  granted: { t: 'granted', ch: 1, permissions: ['read'] },
  'gap of a message that is too large': {
    t: 'gap',
    ch: 1,
    from: position,
    to: { epoch: 'e1', offset: 4 },
    because: 'too-large',
  },
  gap: { t: 'gap', ch: 1, from: position, to: { epoch: 'e1', offset: 9 }, because: 'truncated' },
  page: { t: 'page', ch: 1, epoch: 'e1', first: 1, head: 9, base: 4, recovered: true },
  'page of another log': {
    t: 'page',
    ch: 1,
    epoch: 'e2',
    first: 1,
    head: 9,
    base: 9,
    recovered: false,
    because: 'epoch',
  },
  ping: { t: 'ping', n: 1 },
  pong: { t: 'pong', n: 1 },
  bye: { t: 'bye', because: 'restart', reconnect: { afterMs: 100, spreadMs: 5_000 }, drainMs: 10_000 },
  'bye for good': { t: 'bye', because: 'closed', reconnect: 'never', drainMs: 0 },
  'bye.done': { t: 'bye.done' },
  limits: { t: 'limits', limits },
  msg: ['m', 1, 1, 'm1', 'message', ['ann', 's1'], 1_700_000_000_000, { text: 'hi' }],
  'msg with prev': ['m', 1, 9, 'm1', 'message', ['ann', 's1'], 1_700_000_000_000, null, { prev: 4 }],
  'message of a page': ['h', 1, 1, 'm1', 'message', ['ann', 's1'], 1_700_000_000_000, { text: 'hi' }],
  signal: ['s', 1, 'typing', null, ['ann', 's1']],
  ack: ['a', 'e1', 0, 1, 1, 1_700_000_000_000],
  'ack in two epochs': ['a', 'e1', 0, 1, 1, 1_700_000_000_000, 'e2', 2, 1, 1_700_000_000_001],
  'ack of two': ['a', 'e1', 1, 1, 1, 1_700_000_000_000, 2, 2, 1_700_000_000_001],
}
