import type { At } from './record.js'

/** A client asks for a seat of a room, and waits for it or not; or it leaves. */
export type Asked = readonly ['asked', At, room: string, waits: 0 | 1]
export type Gone = readonly ['gone', At, room: string]
/** The membership of a client in a room with a capacity: a change, or the one of the end. `place`: in the queue; 0: in none. */
export type Sat = readonly ['sat', At, room: string, isFinal: 0 | 1, tag: string, place: number, code: string]
export type SeatRecord = Asked | Gone | Sat

/** A room has so many seats. */
export type Capacity = readonly ['capacity', At, room: string, seats: number]
