import type { At } from './record.js'

/** A measure against a user in a room, or its end. */
export type MeasureKind = 'ban' | 'unban' | 'mute' | 'unmute'

/** The server is about to give an order against a user, or to lift one. It holds for so many ms of the server's calendar. Ids are unique. */
export type Ordering = readonly ['order', At, id: string, kind: MeasureKind, room: string, user: string, forMs: number]
/** The answer to it: empty, or the code of the error. */
export type Ordered = readonly ['ordered', At, id: string, code: string]
/** The calendar of the server that serves is so far from that of the machine from now on. It is not when a server starts. */
export type Dated = readonly ['dated', At, ms: number]

export type SanctionRecord = Ordering | Ordered | Dated
