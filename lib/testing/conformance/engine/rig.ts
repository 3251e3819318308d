import type { SchedulerLike } from 'rxjs'
import type { Engine } from '../../../server/engine.js'
import type { Until } from '../eventually.js'

/** Limits of the engine that the suite starts for a case. */
export interface EngineBounds {
  /** Minimum number of messages that a room holds; some time after it, the engine must drop the oldest messages. */
  readonly messages: number
  /** Maximum number of rooms. The suite sets this limit and those below only with `bounded: true`. */
  readonly rooms?: number
  /** Maximum size of all rooms together, in bytes. */
  readonly totalBytes?: number
  /** Maximum number of outcomes that the engine remembers for a room. */
  readonly outcomes?: number
  /** Maximum number of sessions. */
  readonly sessions?: number
  /** Maximum number of commands of a user. */
  readonly commands?: number
}

/** An empty engine under test. */
export interface EngineRig {
  readonly engine: Engine
  /** Scheduler on which the engine answers. Default: rxjs' `asyncScheduler`, real time. */
  readonly scheduler?: SchedulerLike
  /** Waits for a condition. Default: `eventually`. In virtual time: must advance it, and reject if that does not help. */
  readonly until?: Until
  /**
   * Ends the engine and opens another one on the data that it left. `closed`: calls `close()`; `killed`: acts as if the
   * process had been killed. Required for `outlives: true`.
   */
  readonly reopen?: (how: 'closed' | 'killed') => Engine | Promise<Engine>
  /** Drops a room, as the engine does when it has too many rooms. Required for `drops: true`. */
  readonly drop?: (room: string) => void | Promise<void>
  /** Releases all resources. The suite calls it at the end of each case. */
  readonly dispose?: () => void | Promise<void>
}

/** Starts a new engine for each case. */
export type StartEngine = (bounds: EngineBounds) => EngineRig | Promise<EngineRig>

/** Optional abilities of an engine. */
export interface EngineAbilities {
  /** Rooms and sessions survive the process; the rig must have `reopen`. Default false. */
  readonly outlives?: boolean
  /** Rooms can be dropped; the rig must have `drop`. Default false. */
  readonly drops?: boolean
  /** The engine applies the given limits, and the user that holds the most loses data first. Default false. */
  readonly bounded?: boolean
  /** The engine has `tables`. Default false. */
  readonly tables?: boolean
  /** The engine has `calls`, and `tables` for the leases. Default false. */
  readonly calls?: boolean
}
