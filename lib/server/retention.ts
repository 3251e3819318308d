import type { SchedulerLike } from 'rxjs'
import { filled } from '../core/filled.js'
import { randomId, token } from '../core/ids.js'
import { monotonic, epochNow as platformWall } from '../core/platform.js'

/** How much an engine holds of rooms, producers and sessions, and how long. */
export interface Retention {
  /** Messages per room. Default 10 000. */
  readonly messages?: number
  /** Bytes of heap that the messages of a room take: 250 each and one for each character, two where a text has characters beyond Latin-1. Default 16 MiB. */
  readonly bytes?: number
  /** How long messages are held. Default 1 h. */
  readonly ageMs?: number
  /**
   * Bytes of heap that all rooms take together, their messages, outcomes and lanes included. Rooms count as those of the
   * user that published first in them; beyond, the user whose rooms take the most loses first, what it wrote longest ago.
   * Default 128 MiB, on Node a quarter of the heap that the process may use.
   */
  readonly totalBytes?: number
  /**
   * Rooms in which somebody has published; beyond, the user that has the most loses first those that nobody follows and that
   * were used longest ago. Default 100 000.
   */
  readonly rooms?: number
  /** How long the outcome of a publish is known. Default 1 h. */
  readonly dedupeMs?: number
  /** Outcomes per room; beyond, the user that has the most loses its oldest. Default 20 000. */
  readonly outcomes?: number
  /** Sessions that are known; beyond, the user that has the most loses the one claimed longest ago. Default 100 000. */
  readonly sessions?: number
  /** How long a session can be continued. Default 1 h. */
  readonly sessionMs?: number
}

/** Where an engine has its time and chance from. */
export interface Surroundings {
  /** Its clock measures ages. Default: monotonic. */
  readonly scheduler?: SchedulerLike
  /** The calendar's milliseconds, for the time of a message. Default: the platform's. */
  readonly wall?: () => number
  /** Default: 128 random bits. */
  readonly ids?: () => string
  /** Names incarnations of logs. Default: 48 random bits. */
  readonly epochs?: () => string
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
})

export const boundsOf = (options: Retention): Bounds => filled<Bounds>(defaultRetention, options)

export const surroundingsOf = ({
  scheduler = monotonic,
  wall = platformWall,
  ids = randomId,
  epochs = () => token(8),
}: Surroundings): Required<Surroundings> => ({ scheduler, wall, ids, epochs })
