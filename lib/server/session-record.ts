import type { Shared } from './connections.js'
import type { Page } from './engine.js'
import type { Meter } from './meter.js'
import type { Credentials, Identity } from './options.js'
import type { Permissions } from './permissions.js'
import type { RefusalCode } from './refusal.js'
import type { Member, Outlet } from './room.js'
import type { Cause } from './tables/model.js'
import type { Worker } from './worker.js'

/** The connection of a session. */
export interface SessionConnection {
  /** True where a newer connection speaks for the client. */
  readonly isFenced: boolean
  /** Ends the connection. */
  readonly endSession: (code: RefusalCode, message?: string) => void
  /** Returns the facts about the client that every token check receives. */
  readonly credentials: (instance: string) => Omit<Credentials, 'token'>
}

/** Brings members that are behind to the live feed, one page at a time, the rooms in turn. */
export interface Reader extends Worker {
  /** Starts with the page that the join has read. */
  readonly begin: (member: Member, page: Page) => void
  readonly fallBehind: (member: Member) => void
}

/** The joins and memberships of a session, as its other parts see them. */
export interface Places {
  /** Returns `in` for a room that the session is in, and `pending` while a join of it has no answer. */
  readonly stateOf: (room: string) => 'in' | 'pending' | 'out'
}

/** The part of a session's tables that belongs to its memberships. */
interface MembershipTables {
  /** The permission to publish of a membership is given or taken. */
  readonly granted: (ch: number, mayPublish: boolean) => void
  /** Ends what belongs to a membership that has ended, for this reason. */
  readonly leave: (ch: number, cause: Cause) => void
}

/** The record of one session: all of its parts use it. */
export interface SessionRecord extends Outlet {
  /** The client's name for itself. */
  readonly instance: string
  /** The start of the session, on the wall clock. */
  readonly since: number
  /** The generation of the client's claim, which is higher for each newer connection. */
  readonly generation: number
  readonly shared: Pick<Shared, 'context' | 'rooms' | 'lives' | 'publisher' | 'tables' | 'calls' | 'attendance'>
  readonly connection: SessionConnection
  readonly meter: Meter
  readonly permissions: Permissions
  /** True where the client understands changed permissions. */
  readonly tellsGrants: boolean
  /** The name of the user's lanes that the welcome contained. */
  readonly lanes: string | undefined
  /** The joins and memberships of the session. */
  readonly places: Places
  /** Returns the roles of the user. */
  readonly roles: () => readonly string[]
  /** Returns the reader of members that are behind. */
  readonly reader: () => Reader
  /** Asks the scheduler for steps. */
  readonly wake: () => void
  /** Returns the tables of the session, once it uses any. */
  readonly tables: () => MembershipTables | undefined
  /** Applies a renewed identity. */
  readonly renewed: (identity: Identity) => void
}
