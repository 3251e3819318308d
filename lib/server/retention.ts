import type { SchedulerLike } from 'rxjs'
import { filled } from '../core/filled.js'
import { randomId, token } from '../core/ids.js'
import { monotonic, epochNow as platformWall } from '../core/platform.js'

/** Bounds of an engine for rooms, producers and sessions. */
export interface Retention {
  /** Maximum number of messages per room. Default 10 000. */
  readonly messages?: number
  /**
   * Maximum heap bytes of a room's messages: 250 each plus one per character, two in a text with characters beyond
   * Latin-1. Default 16 MiB.
   */
  readonly bytes?: number
  /** How long the engine holds messages. Default 1 h. */
  readonly ageMs?: number
  /**
   * Maximum heap bytes of all rooms together, including messages, outcomes and lanes. A room counts for the user that
   * published first in it; above the maximum, the user whose rooms take the most loses first, the least recently
   * written content first. Default 128 MiB, on Node a quarter of the heap limit.
   */
  readonly totalBytes?: number
  /**
   * Maximum number of rooms with a publish; above it, the user that has the most loses its least recently used room
   * without followers first. Default 100 000.
   */
  readonly rooms?: number
  /** How long the engine remembers the outcome of a publish, and a command after its last change. Default 1 h. */
  readonly dedupeMs?: number
  /** Maximum number of outcomes per room; above it, the user that has the most loses its oldest. Default 20 000. */
  readonly outcomes?: number
  /**
   * Maximum number of known sessions; above it, the user that has the most loses the least recently claimed. Default
   * 100 000.
   */
  readonly sessions?: number
  /** How long a session can be resumed. Default 1 h. */
  readonly sessionMs?: number
  /**
   * Maximum number of remembered commands of one user. Above it the engine forgets none: it refuses further commands of
   * this user until an older one is forgotten. Default 10 000.
   */
  readonly commands?: number
  /**
   * Maximum heap bytes of all remembered commands with their outcomes. One user gets an eighth of the bytes that the
   * commands of others leave, and half of that for outcomes: outcomes beyond are not kept, and commands beyond are refused.
   * Default 64 MiB.
   */
  readonly commandBytes?: number
}

/** An engine's sources of time and random values. */
export interface Surroundings {
  /** The clock that measures ages. Default: monotonic. */
  readonly scheduler?: SchedulerLike
  /** The wall clock in milliseconds, for the time of a message. Default: the platform's. */
  readonly wall?: () => number
  /** Returns new ids. Default: 128 random bits. */
  readonly ids?: () => string
  /** Returns names for incarnations of logs. Default: 48 random bits. */
  readonly epochs?: () => string
  /** Returns names for incarnations of tables. Default: `epochs`. */
  readonly tableEpochs?: () => string
}

/** Options of a memory engine. */
export interface MemoryOptions extends Retention, Surroundings {}

export type Bounds = Required<Retention>

export const defaultRetention = /*#__PURE__*/ Object.freeze<Bounds>({
  messages: 10_000,
  bytes: 16 * 2 ** 20,
  ageMs: 3_600_000,
  totalBytes: 128 * 2 ** 20,
  rooms: 100_000,
  dedupeMs: 3_600_000,
  outcomes: 20_000,
  sessions: 100_000,
  sessionMs: 3_600_000,
  commands: 10_000,
  commandBytes: 64 * 2 ** 20,
})

export const boundsOf = (options: Retention): Bounds => filled<Bounds>(defaultRetention, options)

export const surroundingsOf = ({
  scheduler = monotonic,
  wall = platformWall,
  ids = randomId,
  epochs = () => token(8),
  tableEpochs = epochs,
}: Surroundings): Required<Surroundings> => ({ scheduler, wall, ids, epochs, tableEpochs })
