import type { ClientRecord, DirectorRecord, ServerRecord } from '../history/record.js'

/** One life of a client: what it wrote down, in order. */
export interface Life {
  readonly name: string
  readonly records: () => Iterable<ClientRecord>
}

/** What the engine held of a room at the end. */
export interface FinalLog {
  readonly room: string
  readonly epoch: string
  readonly first: number
  readonly ids: readonly string[]
}

/** All that is known of a run. */
export interface Evidence {
  /** Lives in the order in which they began. */
  readonly lives: readonly Life[]
  /** In order of time, of all servers. */
  readonly server: () => Iterable<ServerRecord>
  readonly director: () => Iterable<DirectorRecord>
  readonly logs: readonly FinalLog[]
}

/** The promises about members whose connection was lost. */
export interface PresenceTerms {
  /** So long nobody is told. */
  readonly quietMs: number
  /** So long they are then told as leaving. */
  readonly graceMs: number
}

/** What is asked of a run. */
export interface Terms {
  readonly presence: PresenceTerms
  /** So long an engine remembers outcomes; a client asks no more when nine tenths of it are over. Default: for ever. */
  readonly dedupeMs?: number
  /** Messages that a room keeps: older ones may be gone. */
  readonly retained: number
  /** After a storm everybody is online, settled and at the head within so many ms. */
  readonly settleMs: number
  /** A call may end so many ms after its time. Default 1 s. */
  readonly callMs?: number
  /** A loss within so long after the beginning of a fault, or while it lasts, is because of it. */
  readonly noticeMs: number
  /** What must have happened at least once, else the run has shown nothing. */
  readonly cover: readonly Coverage[]
}

/** What a run may show, beside its faults: deduplication, order kept under refusals, a replay that broke off, a quarantine. */
export type Coverage = 'repeated' | 'order' | 'replay-cut' | 'quarantine' // prettier-ignore

/** Something that must not be. */
export interface Violation {
  /** Which rule of the checker, e.g. `stream/hole`. */
  readonly rule: string
  readonly text: string
}
