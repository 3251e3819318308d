import type { ConsumerKind } from '../history/record.js'
import type { Measure } from '../orders/measures.js'
import type { Keeping } from './settings.js'

/** What the director tells the process of the servers. */
export type ToServer =
  | { readonly _tag: 'start'; readonly ports: readonly number[]; readonly folder: string; readonly name: string; readonly rooms: readonly string[]; readonly watched: readonly string[]; readonly seats: Readonly<Record<string, number>>; readonly keeping: Keeping }
  /** How bad its engine and its disk are from now on. */
  | { readonly _tag: 'trouble'; readonly engine: boolean; readonly slowSyncMs: number; readonly isFull: boolean }
  /** Its calendar is set, so far from that of the machine. */
  | { readonly _tag: 'date'; readonly ms: number }
  /** One of its servers orders something against a user in a room. */
  | { readonly _tag: 'measure'; readonly node: number; readonly measure: Measure }
  | { readonly _tag: 'close'; readonly node: number; readonly room: string }
  /** One of its servers ends as if it were killed, or starts again. */
  | { readonly _tag: 'stop' | 'go'; readonly node: number }
  | { readonly _tag: 'ask'; readonly what: 'heads' | 'logs' | 'heap'; readonly rooms: readonly string[] }
  | { readonly _tag: 'end' } // prettier-ignore

/** What that process tells the director. */
export type FromServer =
  | { readonly _tag: 'ready' | 'stopped' | 'gone-on' }
  | { readonly _tag: 'failed'; readonly because: string }
  | { readonly _tag: 'heads'; readonly heads: Readonly<Record<string, readonly [epoch: string, offset: number]>> }
  | { readonly _tag: 'heap'; readonly bytes: number }
  | { readonly _tag: 'ended' } // prettier-ignore

/** One client of a process. */
export interface ClientPlan {
  /** `c3` */
  readonly name: string
  /** Of its proxy. */
  readonly port: number
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  /** Messages per second, on average. */
  readonly rate: number
  /** Rooms whose members and shared state it watches and changes. */
  readonly meets?: readonly string[]
  /** Rooms that it may lead. */
  readonly leads?: readonly string[]
  /** Rooms with a capacity that it enters and leaves. */
  readonly sits?: readonly string[]
  /** The prefix of the names of rooms that it creates. */
  readonly makes?: string
  /** The room in which it calls servers and members, and answers. */
  readonly trades?: string
  /** It hears the events of its user and of all. */
  readonly hears?: boolean
  /** Users to whom it sends events, and to all. With a store it sends none. */
  readonly tells?: readonly string[]
  /** With a store, only `post` is used. */
  readonly isStored: boolean
  /** It consumes its rooms in this way, and sends nothing but copies. */
  readonly consumes?: ConsumerKind
}

/** How far the calendars of clients were set from that of the machine, in ms, by name. */
export type Dates = Readonly<Record<string, number>>

/** What the director tells a process of clients. */
export type ToClients =
  | { readonly _tag: 'start'; readonly folder: string; readonly life: number; readonly seed: number; readonly clients: readonly ClientPlan[]; readonly dates: Dates }
  | { readonly _tag: 'jump'; readonly name: string; readonly ms: number }
  /** Its calendar is set, so far from that of the machine. */
  | { readonly _tag: 'date'; readonly name: string; readonly ms: number }
  /** For so long it gets no tokens. */
  | { readonly _tag: 'no-token'; readonly name: string; readonly ms: number }
  | { readonly _tag: 'poison'; readonly name: string }
  /** Sends so many to a room, as quickly as it may. */
  | { readonly _tag: 'flood'; readonly name: string; readonly room: string; readonly count: number }
  /** Orders something against a user in a room. */
  | { readonly _tag: 'measure'; readonly name: string; readonly measure: Measure }
  | { readonly _tag: 'publish'; readonly on: boolean }
  /** Begins nothing more by itself. */
  | { readonly _tag: 'settle' }
  /** Writes down members and shared states as they are at the end. */
  | { readonly _tag: 'rest' }
  | { readonly _tag: 'ask'; readonly what: 'status' | 'heap' }
  /** Raises SIGTERM. */
  | { readonly _tag: 'terminate' }
  | { readonly _tag: 'end' } // prettier-ignore

/** How one client stands. */
export interface Status {
  readonly name: string
  readonly isOnline: boolean
  /** When its oldest message was given that is not settled; `null` if all are. */
  readonly oldestAt: number | null
  readonly sent: number
  readonly settled: number
  readonly delivered: number
  readonly positions: Readonly<Record<string, readonly [epoch: string, offset: number]>>
}

/** What a process of clients tells the director. */
export type FromClients =
  | { readonly _tag: 'ready' }
  | { readonly _tag: 'rested' }
  | { readonly _tag: 'status'; readonly clients: readonly Status[] }
  | { readonly _tag: 'heap'; readonly bytes: number }
  | { readonly _tag: 'ended' } // prettier-ignore
