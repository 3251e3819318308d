import type { ObservableInput, SchedulerLike, Subscription } from 'rxjs'
import { filled, type Given } from '../core/filled.js'
import { randomId } from '../core/ids.js'
import type { Logger } from '../core/logger.js'
import { chance, monotonic, soon } from '../core/platform.js'
import type { Codec } from '../protocol/codec.js'
import type { Limits, Permission } from '../protocol/frame.js'
import { json } from '../protocol/json.js'
import { type Budgets, budgetsOf, defaultBudgets, type GivenBudgets, type Rate } from './budget.js'
import type { Engine } from './engine.js'

/** Who a client is. */
export interface Identity {
  /** Stable for one person or service: deduplication of publishes goes by it. At most 256 bytes. */
  readonly user: string
  /** Default none. */
  readonly roles?: readonly string[] | undefined
  /** How long the token is good for from now. Default: as long as the link lives. */
  readonly expiresInMs?: number | undefined
}

/** What `authenticate` is told. */
export interface Credentials {
  /** What the client sent as its token, if it did. */
  readonly token?: string
  /** The client's name for itself; it is not verified. */
  readonly instance: string
  /** The address of the client, by which budgets are counted: of IPv6 the first 64 bits. Absent on a Unix socket. */
  readonly address?: string
  /** What the listener knows of the request; over `ws`, the `http.IncomingMessage`. */
  readonly request?: unknown
}

/** What `authorize` is told. */
export interface Access {
  readonly user: string
  readonly roles: readonly string[]
  readonly room: string
  /** What the client gave with its join, if it did. */
  readonly password?: string
}

/** How a room server is set up. Durations are in milliseconds, sizes in bytes. */
export interface RoomServerOptions {
  /** Where rooms live. */
  readonly engine: Engine
  /**
   * Says who a client is: the first value answers, `null` refuses the token, an error or no answer asks the client to try
   * again. Without it every client is the user `anonymous`, told apart by its session.
   */
  readonly authenticate?: ((credentials: Credentials) => ObservableInput<Identity | null>) | undefined
  /**
   * Says what a user may do in a room: the first value answers, none of `read`, `publish` and `history` refuses the room.
   * Asked once per link and room, and again after a renewal. Default: everybody everything.
   */
  readonly authorize?: ((access: Access) => ObservableInput<readonly Permission[]>) | undefined
  /** What is announced to clients and enforced; each of them has a default, see `defaultLimits`. */
  readonly limits?: Given<GivenLimits> | undefined
  /** The server pings every `intervalMs` (25 s) and gives up a link silent for `graceMs` (10 s) longer. */
  readonly heartbeat?: { readonly intervalMs?: number; readonly graceMs?: number } | undefined
  /** How long a link may take to say hello. Default 10 s. */
  readonly handshakeMs?: number | undefined
  /** How long hooks and the engine may take to answer. Default 10 s. */
  readonly answerMs?: number | undefined
  /** The resources that clients may use, by connection, user, address and in all; see `defaultBudgets`. */
  readonly budgets?: GivenBudgets | undefined
  /** When to come back where the server has no place: after this, at random within the spread. Default 1 s and 10 s. */
  readonly busy?: { readonly retryAfterMs?: number; readonly spreadMs?: number } | undefined
  /** Above this a link's rooms are read from the log as it drains. Default 256 KiB. */
  readonly highWaterBytes?: number | undefined
  /** A link of which no byte drained for so long is ended. Default 60 s. */
  readonly stallMs?: number | undefined
  /** How long a drain may take. Default 10 s. */
  readonly drainMs?: number | undefined
  /**
   * Writes one line of text for each connection that is opened, welcomed, refused or closed, each fault, and the start and end
   * of a drain: `console`, pino, or anything with some of `debug`, `info`, `warn` and `error`. No payload and no secret is
   * written. A logger that throws is a fault, once. Default: none.
   */
  readonly logger?: Logger | undefined
  /** Default: the platform's timers with a monotonic clock. */
  readonly scheduler?: SchedulerLike | undefined
  /** Draws in [0, 1). Default: the platform's. */
  readonly random?: (() => number) | undefined
  /** Default: 128 random bits. */
  readonly ids?: (() => string) | undefined
  /** Chosen by the socket's subprotocol; the first where none was agreed on. Default JSON alone. */
  readonly codecs?: readonly [Codec, ...Codec[]] | undefined
}

/** Limits that are options of their own. Of rates `publishesPerSecond` alone: the others follow from `budgets`. */
export type GivenLimits = Omit<
  Limits,
  'dedupeMs' | 'framesPerSecond' | 'bytesPerSecond' | 'joinsPerSecond' | 'pagesPerSecond'
>

/** What is announced in welcome unless told otherwise. `dedupeMs` is the engine's. */
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
  readonly authenticate: RoomServerOptions['authenticate']
  readonly authorize: RoomServerOptions['authorize']
  readonly limits: Limits
  readonly heartbeat: { readonly intervalMs: number; readonly graceMs: number }
  readonly handshakeMs: number
  readonly answerMs: number
  readonly budgets: Budgets
  readonly busy: { readonly retryAfterMs: number; readonly spreadMs: number }
  readonly highWaterBytes: number
  readonly stallMs: number
  readonly drainMs: number
  readonly scheduler: SchedulerLike
  /** Runs a task after what waits outside the server. */
  readonly soon: (task: () => void) => Subscription
  readonly random: () => number
  readonly ids: () => string
  readonly codecs: readonly [Codec, ...Codec[]]
}

export const settings = (options: RoomServerOptions): Settings => {
  const { engine, heartbeat, busy, scheduler } = options
  const limits = { ...filled(defaultLimits, options.limits), dedupeMs: engine.dedupeMs }
  // The announced rate is that of the budget, whichever of them was given.
  const given = budgetsOf(options.budgets)
  const asked = options.limits?.publishesPerSecond
  const publishes = asked === undefined ? given.user.publishes : { perSecond: asked, burst: asked }
  const budgets = { ...given, user: { ...given.user, publishes } }
  return {
    engine,
    authenticate: options.authenticate,
    authorize: options.authorize,
    limits: { ...limits, ...announced(budgets) },
    heartbeat: filled({ intervalMs: 25_000, graceMs: 10_000 }, heartbeat),
    handshakeMs: options.handshakeMs ?? 10_000,
    answerMs: options.answerMs ?? 10_000,
    budgets,
    busy: filled({ retryAfterMs: 1_000, spreadMs: 10_000 }, busy),
    highWaterBytes: options.highWaterBytes ?? 256 * 1024,
    stallMs: options.stallMs ?? 60_000,
    drainMs: options.drainMs ?? 10_000,
    scheduler: scheduler ?? monotonic,
    soon: scheduler ? (task) => scheduler.schedule(task) : soon,
    random: options.random ?? chance,
    ids: options.ids ?? randomId,
    codecs: options.codecs ?? [json],
  }
}

/**
 * The rates of a client as the wire takes them: whole numbers, of its connection or its user, whichever is less, and none
 * where there is no limit.
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
