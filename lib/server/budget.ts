import { type Checks, group, whole } from '../core/check.js'

/** A rate per second, and a burst after a pause. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

const rate = (perSecond: number, burst: number): Rate => Object.freeze({ perSecond, burst })

const KiB = 2 ** 10
const MiB = 2 ** 20

/**
 * The resources that clients may use, by scope. A scope holds rates and levels. The defaults are about a tenth of a
 * small machine (two cores, 512 MiB).
 *
 * | above | then |
 * |---|---|
 * | `frames`, `bytes` of a connection or a user | the server reads the connection later |
 * | `work` of a user or an address, `arrivals` | others come first, and one user at a time gets the rest |
 * | `joins`, `pages` of a user | they wait |
 * | `publishes`, `unanswered` of a user | the server refuses: `delivery/rate`, with `retryAfterMs` |
 * | `creations`, `created` of a user | the server refuses: `delivery/rate`, with `retryAfterMs`; `room/limit` |
 * | `passwords` of a user or an address | the server refuses joins with a password: `room/rate`, with `retryAfterMs` |
 * | `calls`, `running` of a user | the server refuses: `call/rate`, with `retryAfterMs` |
 * | `replyBytes` of a user | the oldest replies of its streams are dropped: `gap` |
 * | `renewals` of a user | the server refuses: `auth/rate`, with `retryAfterMs` |
 * | `connections`, `greetings`, `tokens` of any scope | the server refuses: `server/busy`, `auth/rate`, with `retryAfterMs` |
 * | `memory`, `unsentBytes` of the server | the user that holds the most loses its largest connection; the server refuses a requester that is that user |
 * | `connections`, `greetings` of the server | the address that has the most loses one; the server refuses a requester that is that address |
 */
export const defaultBudgets = /*#__PURE__*/ Object.freeze({
  /** One connection. */
  connection: {
    /** Frames; a refused frame counts as ten. */
    frames: rate(4_000, 16_000),
    bytes: rate(4 * MiB, 16 * MiB),
  },
  /** All present and past connections of one user. Without `authenticate` a user is an address. */
  user: {
    frames: rate(8_000, 32_000),
    bytes: rate(8 * MiB, 32 * MiB),
    /** Milliseconds of the event loop. Above it, the user's frames, pages and joins come after those of others. */
    work: rate(100, 20),
    publishes: rate(2_000, 4_000),
    joins: rate(1_000, 10_000),
    /** Pages of the log that the server reads for the user. */
    pages: rate(200, 2_000),
    renewals: rate(1, 20),
    /** Wrong room passwords. */
    passwords: rate(0.2, 10),
    calls: rate(200, 1_000),
    /** Rooms that the user creates. */
    creations: rate(1, 100),
    /** Open rooms that the user has created at this server since it started. */
    created: 250,
    connections: 200,
    /** Unanswered publishes and their bytes, including those of closed connections. */
    unanswered: 8_192,
    unansweredBytes: 8 * MiB,
    /** Calls that run, including those of closed connections. */
    running: 1_000,
    /** Bytes of replies of streams that wait, or are kept for a client that comes back. */
    replyBytes: 8 * MiB,
    /** Rooms joined, over all connections. */
    rooms: 20_000,
  },
  /** All connections from one address; for IPv6, from one /64. */
  address: {
    /** New connections. */
    handshakes: rate(50, 1_000),
    /** Refused tokens. */
    tokens: rate(1, 100),
    /** Milliseconds of the event loop, over all users of the address. */
    work: rate(300, 60),
    /** Wrong room passwords, over all users of the address. */
    passwords: rate(1, 50),
    /** Clients with a pending token check. */
    greetings: 64,
    connections: 1_000,
  },
  /** All connections. */
  server: {
    handshakes: rate(500, 4_000),
    /** Milliseconds of the event loop for connections before the welcome. Above it, they wait for welcomed connections. */
    arrivals: rate(200, 20),
    connections: 10_000,
    /** Clients with a pending token check. */
    greetings: 256,
    /** Bytes written but not yet sent by the network. */
    unsentBytes: 64 * MiB,
    /** Heap bytes of connections and memberships, computed from `costs`. `serve` sets a quarter of Node's heap. */
    memory: 128 * MiB,
  },
})

type Widened<T> = { readonly [K in keyof T]: T[K] extends number ? number : T[K] }

/** Limits by scope. */
export type Budgets = { readonly [Scope in keyof typeof defaultBudgets]: Widened<(typeof defaultBudgets)[Scope]> }

/** Limits that differ from the defaults. All may be left out. */
export type GivenBudgets = {
  readonly [Scope in keyof Budgets]?:
    | { readonly [K in keyof Budgets[Scope]]?: Budgets[Scope][K] | undefined }
    | undefined
}

/** Heap bytes, measured by `bench/heap.mjs`. */
export const costs = { connection: 24 * KiB, membership: 3.2 * KiB } as const

export const budgetsOf = (given: GivenBudgets = {}): Budgets => {
  const scope = <S extends keyof Budgets>(name: S): Budgets[S] => ({ ...defaultBudgets[name], ...defined(given[name]) })
  return { connection: scope('connection'), user: scope('user'), address: scope('address'), server: scope('server') }
}

const defined = (options: object = {}): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

const isRate = (value: unknown): boolean => {
  const { perSecond, burst } = Object(value) as Partial<Record<keyof Rate, unknown>>
  return [perSecond, burst].every((part) => typeof part === 'number' && part > 0) && Number(burst) >= 1
}
const aRate = { expected: 'a rate { perSecond, burst } of numbers above 0; Infinity for no limit', is: isRate }
const level = { ...whole(1), is: (value: unknown) => value === Infinity || whole(1).is(value) }

export const budgetChecks = (): Checks<keyof Budgets> => {
  const scope = (limits: object) =>
    group(
      Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [name, typeof limit === 'number' ? level : aRate]),
      ),
    )
  const { connection, user, address, server } = defaultBudgets
  return { connection: scope(connection), user: scope(user), address: scope(address), server: scope(server) }
}
