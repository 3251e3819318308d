import type { SchedulerLike } from 'rxjs'
import type { Engine } from '../../../server/engine.js'
import type { Until } from '../eventually.js'

/** What a case asks of the engine that is started for it. */
export interface EngineBounds {
  /** How many messages a room holds, at least; it must drop the oldest some time after that. */
  readonly messages: number
  /** How many rooms it holds. Asked for with `bounded: true` alone, as are those below. */
  readonly rooms?: number
  /** How many bytes all rooms take together. */
  readonly totalBytes?: number
  /** How many outcomes a room holds. */
  readonly outcomes?: number
  /** How many sessions it knows. */
  readonly sessions?: number
}

/** An engine under test, with nothing in it. */
export interface EngineRig {
  readonly engine: Engine
  /** In whose time it answers. Default: rxjs' `asyncScheduler`, real time. */
  readonly scheduler?: SchedulerLike
  /** Waits for a condition. Default: `eventually`. In virtual time: lets it pass, and rejects if that did not help. */
  readonly until?: Until
  /**
   * Ends the engine and opens another one on what it has left. `closed`: through `close()`; `killed`: as if its process had
   * been. Needed for `outlives: true`.
   */
  readonly reopen?: (how: 'closed' | 'killed') => Engine | Promise<Engine>
  /** Drops a room, as the engine itself does when there are too many. Needed for `drops: true`. */
  readonly drop?: (room: string) => void | Promise<void>
  /** Releases everything; called at the end of each case. */
  readonly dispose?: () => void | Promise<void>
}

/** Starts an engine of its own for each case. */
export type StartEngine = (bounds: EngineBounds) => EngineRig | Promise<EngineRig>

/** What an engine can do besides. */
export interface EngineAbilities {
  /** Its rooms and sessions outlive its process; its rig has `reopen`. Default false. */
  readonly outlives?: boolean
  /** Its rooms can be dropped; its rig has `drop`. Default false. */
  readonly drops?: boolean
  /** It is started with the bounds that it is given, and whoever holds the most loses first. Default false. */
  readonly bounded?: boolean
}
