import type { At } from './record.js'

/** A measure against a user in a room, or its end. */
export type MeasureKind = 'kick' | 'ban' | 'unban' | 'mute' | 'unmute'

/** A server, or a client that may moderate, is about to give an order against a user, or to lift one. It holds for so many ms of the server's calendar. Ids are unique. */
export type Ordering = readonly ['order', At, id: string, kind: MeasureKind, room: string, user: string, forMs: number]
/** The answer to it: empty, or the code of the error. */
export type Ordered = readonly ['ordered', At, id: string, code: string]
/** The calendar of all servers is so far from that of the machine from now on. */
export type Dated = readonly ['dated', At, ms: number]

export type OrderRecord = Ordering | Ordered
export type SanctionRecord = OrderRecord | Dated
