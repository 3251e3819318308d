import type { ObservableInput, SchedulerLike, Subscription } from 'rxjs'
import { filled, type Given } from '../core/filled.js'
import { randomId } from '../core/ids.js'
import type { Logger } from '../core/logger.js'
import { chance, epochNow, monotonic, soon } from '../core/platform.js'
import type { Codec } from '../protocol/codec.js'
import type { Limits, Permission, UserData } from '../protocol/frame.js'
import type { ListedRoom } from '../protocol/listed-room.js'
import { json } from '../protocol/json.js'
import { type Budgets, budgetsOf, defaultBudgets, type GivenBudgets, type Rate } from './budget.js'
import type { Answers } from './calls/answers.js'
import type { Engine } from './engine.js'
import { type Logs, logsOf } from './logs.js'
import type { Hooks } from './hooks.js'
import { type RoomCrypto, webCrypto } from './life/room-crypto.js'

/** The identity of a client. */
export interface Identity {
  /** A name that is stable for one person or service, and the key for deduplication of publishes. At most 256 bytes. */
  readonly user: string
  /** Default: none. */
  readonly roles?: readonly string[] | undefined
  /** Remaining lifetime of the token, in ms. Default: as long as the connection lives. */
  readonly expiresInMs?: number | undefined
  /** Data about the user for the user's own clients, which see it in `session$`: at most 4 KiB of JSON. Default: none. */
  readonly data?: UserData | undefined
}

/** The argument of `authenticate`. */
export interface Credentials {
  /** The client's token, if it sent one. */
  readonly token?: string
  /** The client's name for itself; it is not verified. */
  readonly instance: string
  /** The client's address, the key for budgets: for IPv6 the first 64 bits. Absent on a Unix socket. */
  readonly address?: string
  /** The listener's request object; over `ws`, the `http.IncomingMessage`. */
  readonly request?: unknown
}

/** The argument of `authorize`. */
export interface Access {
  readonly user: string
  readonly roles: readonly string[]
  readonly room: string
  /** The password in the client's join, if any. */
  readonly password?: string
}

/** Options of a room server. Durations are in milliseconds, sizes in bytes. */
export interface RoomServerOptions {
  /** The engine that stores the rooms. */
  readonly engine: Engine
  /**
   * Identifies a client. The first value answers; `null` refuses the token; an error or no answer asks the client to
   * retry. Default: every client is the user `anonymous`, distinguished by its session.
   */
  readonly authenticate?: ((credentials: Credentials) => ObservableInput<Identity | null>) | undefined
  /**
   * Returns a user's permissions in a room. The first value answers; none of `read`, `publish` and `history` refuses
   * the room. The server asks once per connection and room, and again after a renewal. Default: everybody has every
   * permission.
   */
  readonly authorize?: ((access: Access) => ObservableInput<readonly Permission[]>) | undefined
  /**
   * Functions that decide on joins, messages and values, and functions that hear of members that come and go. Default:
   * none.
   */
  readonly hooks?: Hooks | undefined
  /**
   * The most sessions of a user at this server: one more ends the oldest, whose client hears `session/replaced` and
   * stops. Each running client has a session of its own. Without `authenticate` it has no effect. Default: no limit.
   */
  readonly sessionsPerUser?: number | undefined
  /** Limits that the server announces to clients and enforces; each has a default, see `defaultLimits`. */
  readonly limits?: Given<GivenLimits> | undefined
  /** Pings every `intervalMs` (25 s) and ends a connection that stays silent for `graceMs` (10 s) longer. */
  readonly heartbeat?: { readonly intervalMs?: number; readonly graceMs?: number } | undefined
  /** How long a client may take to say hello. Default 10 s. */
  readonly handshakeMs?: number | undefined
  /** How long hooks and the engine may take to answer. Default 10 s. */
  readonly answerMs?: number | undefined
  /** The resources that clients may use, per connection, user, address and server; see `defaultBudgets`. */
  readonly budgets?: GivenBudgets | undefined
  /** Retry delay for clients of a full server, and its random spread. Default 1 s and 10 s. */
  readonly busy?: { readonly retryAfterMs?: number; readonly spreadMs?: number } | undefined
  /** The high-water mark of a connection: above it, the server reads the rooms from the log as it drains. Default 256 KiB. */
  readonly highWaterBytes?: number | undefined
  /** How long a connection may go without draining a byte before it ends. Default 60 s. */
  readonly stallMs?: number | undefined
  /** How long a drain may take. Default 10 s. */
  readonly drainMs?: number | undefined
  /** Limits and delays of the members of rooms; see `defaultPresence`. */
  readonly presence?: Given<PresenceOptions> | undefined
  /**
   * Decides which rooms the directory shows to a session. The first value answers, for each view: true for all visible
   * rooms, false for none, or a function that is called with each of them. The server asks again after a change of the
   * roles. Default: all visible rooms.
   */
  readonly list?: ((lister: Lister) => ObservableInput<boolean | MayList>) | undefined
  /** Limits and delays of the directory of rooms; see `defaultDirectory`. */
  readonly directory?: Given<DirectoryLimits> | undefined
  /**
   * Receives one line of text for each connection that is opened, welcomed, refused or closed, for each fault, and for
   * the start and end of a drain: `console`, pino, or any object with some of `debug`, `info`, `warn` and `error`.
   * Lines contain no payload and no secret. A logger that throws causes one fault. Default: none.
   */
  readonly logger?: Logger | undefined
  /**
   * The answers to calls of clients, made by `answers` for rooms and by `serverAnswers`. Commands need an engine that
   * remembers them: `memory` and `files` do. Default: the server takes no calls.
   */
  readonly calls?: readonly Answers[] | undefined
  /** The clock and timers. Default: the platform's timers with a monotonic clock. */
  readonly scheduler?: SchedulerLike | undefined
  /** The wall clock in milliseconds, for the times of sessions. Default: the platform's. */
  readonly wall?: (() => number) | undefined
  /** Returns random values in [0, 1). Default: the platform's generator. */
  readonly random?: (() => number) | undefined
  /** Returns new ids. Default: 128 random bits. */
  readonly ids?: (() => string) | undefined
  /**
   * Hashes the passwords of rooms and signs invitations. Default: the platform's Web Crypto. A test passes one that answers
   * at once.
   */
  readonly crypto?: RoomCrypto | undefined
  /** Codecs, chosen by the socket's subprotocol; the first where there is none. Default: JSON alone. */
  readonly codecs?: readonly [Codec, ...Codec[]] | undefined
}

/** The argument of `list`. */
export interface Lister {
  readonly user: string
  readonly roles: readonly string[]
  readonly session: string
}

/**
 * Returns true for a room that the directory shows. One that throws hides the room, and is reported as a fault. It is asked
 * once for each room and each change of it, for all views for which `list` returned this same function.
 */
export type MayList = (room: ListedRoom) => boolean

/** Limits and delays of the directory of rooms. */
export interface DirectoryLimits {
  /** Above so many rooms, a view without `limit` gets their number alone. Default 5 000. */
  readonly roomsMax: number
  /** The least time between two writes of the counts of members, in ms. Default 500. */
  readonly countsMs: number
  /** The bytes per second that the changes of one choice of rooms may take, to all viewers of it together. Default 4 MiB. */
  readonly bytesPerSecond: number
}

export const defaultDirectory: DirectoryLimits = /*#__PURE__*/ Object.freeze({
  roomsMax: 5_000,
  countsMs: 500,
  bytesPerSecond: 4 * 2 ** 20,
})

/** Limits and delays of the members of rooms. Durations are in milliseconds, sizes in bytes. */
export interface PresenceOptions {
  /** How long a member whose connection was lost stays without a sign, so that a reconnect is not seen. Default 2 s. */
  readonly quietMs: number
  /** How long it then stays as a leaving member. Default 10 s. */
  readonly graceMs: number
  /**
   * How long the members of a server that has stopped stay, for their return to another one or to its successor. Default
   * 30 s.
   */
  readonly leaseMs: number
  /** Above so many members, a view of all members gets their number alone. Default 1 000. */
  readonly rosterMax: number
  /** The most bytes of a member's state, as JSON. Default 1 KiB, at most 4 KiB. */
  readonly stateBytes: number
  /**
   * The bytes per second that the changes of one room's members, or of its shared state, may take to all viewers
   * together. Above it, changes wait a moment and leave together. Default 4 MiB.
   */
  readonly bytesPerSecond: number
}

export const defaultPresence: PresenceOptions = /*#__PURE__*/ Object.freeze({
  quietMs: 2_000,
  graceMs: 10_000,
  leaseMs: 30_000,
  rosterMax: 1_000,
  stateBytes: 1_024,
  bytesPerSecond: 4 * 2 ** 20,
})

/** Limits with an option of their own. Of the rates only `publishesPerSecond`: the others follow from `budgets`. */
export type GivenLimits = Omit<
  Limits,
  'dedupeMs' | 'framesPerSecond' | 'bytesPerSecond' | 'joinsPerSecond' | 'pagesPerSecond'
>

/** The default limits in the welcome. `dedupeMs` is the engine's. */
export const defaultLimits: Required<GivenLimits> = /*#__PURE__*/ Object.freeze({
  messageBytes: 2 ** 20,
  rooms: 10_000,
  joinsPerFrame: 2_000,
  publishesPerSecond: defaultBudgets.user.publishes.perSecond,
  unseenBytes: 8 * 2 ** 20,
  history: 1_000,
})

/** Options with every default filled in. */
export interface Settings {
  readonly engine: Engine
  /** The logs of the engine. */
  readonly logs: Logs
  readonly authenticate: RoomServerOptions['authenticate']
  readonly authorize: RoomServerOptions['authorize']
  readonly hooks: Hooks
  readonly sessionsPerUser: number
  readonly limits: Limits
  readonly heartbeat: { readonly intervalMs: number; readonly graceMs: number }
  readonly handshakeMs: number
  readonly answerMs: number
  readonly budgets: Budgets
  readonly busy: { readonly retryAfterMs: number; readonly spreadMs: number }
  readonly highWaterBytes: number
  readonly stallMs: number
  readonly drainMs: number
  readonly presence: PresenceOptions
  readonly list: RoomServerOptions['list']
  readonly directory: DirectoryLimits
  readonly calls: readonly Answers[] | undefined
  readonly scheduler: SchedulerLike
  /** The wall clock, in ms. */
  readonly wall: () => number
  /** Runs a task after the pending work outside the server. */
  readonly soon: (task: () => void) => Subscription
  readonly random: () => number
  readonly ids: () => string
  readonly crypto: RoomCrypto
  readonly codecs: readonly [Codec, ...Codec[]]
}

export const settings = (options: RoomServerOptions): Settings => {
  const { engine, heartbeat, busy, scheduler } = options
  const limits = { ...filled(defaultLimits, options.limits), dedupeMs: engine.dedupeMs }
  // The announced rate is the rate of the budget, whichever of the two options set it.
  const given = budgetsOf(options.budgets)
  const asked = options.limits?.publishesPerSecond
  const publishes = asked === undefined ? given.user.publishes : { perSecond: asked, burst: asked }
  const budgets = { ...given, user: { ...given.user, publishes } }
  return {
    engine,
    logs: logsOf(engine),
    authenticate: options.authenticate,
    authorize: options.authorize,
    hooks: options.hooks ?? {},
    sessionsPerUser: options.sessionsPerUser ?? Infinity,
    limits: { ...limits, ...announced(budgets) },
    heartbeat: filled({ intervalMs: 25_000, graceMs: 10_000 }, heartbeat),
    handshakeMs: options.handshakeMs ?? 10_000,
    answerMs: options.answerMs ?? 10_000,
    budgets,
    busy: filled({ retryAfterMs: 1_000, spreadMs: 10_000 }, busy),
    highWaterBytes: options.highWaterBytes ?? 256 * 1024,
    stallMs: options.stallMs ?? 60_000,
    drainMs: options.drainMs ?? 10_000,
    presence: filled(defaultPresence, options.presence),
    list: options.list,
    directory: filled(defaultDirectory, options.directory),
    calls: options.calls,
    scheduler: scheduler ?? monotonic,
    wall: options.wall ?? (scheduler && scheduler !== monotonic ? () => scheduler.now() : epochNow),
    soon: scheduler ? (task) => scheduler.schedule(task) : soon,
    random: options.random ?? chance,
    ids: options.ids ?? randomId,
    crypto: options.crypto ?? webCrypto(),
    codecs: options.codecs ?? [json],
  }
}

/**
 * Returns a client's rates for the protocol: whole numbers, the lower one of connection and user, and none for an
 * unlimited rate.
 */
const announced = ({ connection, user }: Budgets): Partial<Limits> & Pick<Limits, 'publishesPerSecond'> => {
  const { publishes, joins, pages } = user
  const less = (one: Rate, other: Rate): Rate => (one.perSecond < other.perSecond ? one : other)
  const given = {
    framesPerSecond: less(connection.frames, user.frames),
    bytesPerSecond: less(connection.bytes, user.bytes),
    joinsPerSecond: joins,
    pagesPerSecond: pages,
  }
  const finite = Object.entries(given).filter(([, { perSecond }]) => perSecond <= Number.MAX_SAFE_INTEGER)
  return {
    publishesPerSecond: Math.floor(Math.min(publishes.perSecond, Number.MAX_SAFE_INTEGER)),
    ...Object.fromEntries(finite.map(([name, { perSecond }]) => [name, Math.floor(perSecond)])),
  }
}
