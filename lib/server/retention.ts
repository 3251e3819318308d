import type { SchedulerLike } from 'rxjs'
import { filled } from '../core/filled.js'
import { randomId, token } from '../core/ids.js'
import { monotonic, wall as platformWall } from '../core/platform.js'

/** How much an engine holds of rooms, producers and sessions, and how long. */
export interface Retention {
  /** Messages per room. Default 10 000. */
  readonly messages?: number
  /** Bytes per room. Default 16 MiB. */
  readonly bytes?: number
  /** How long messages are held. Default 1 h. */
  readonly ageMs?: number
  /** Bytes of all rooms together; beyond, the logs that were written longest ago go first. Default 512 MiB. */
  readonly totalBytes?: number
  /** Rooms that are known; beyond, those that nobody follows and that were used longest ago go. Default 100 000. */
  readonly rooms?: number
  /** How long the outcome of a publish is known. Default 1 h. */
  readonly dedupeMs?: number
  /** Outcomes per room. Default 20 000. */
  readonly outcomes?: number
  /** Sessions that are known; beyond, those claimed longest ago go. Default 100 000. */
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
  totalBytes: 512 * 2 ** 20,
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
