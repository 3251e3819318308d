import type { At } from './record.js'

/** A client creates a room under this id of its creation, visible in the directory or not. Numbers are unique within a life. */
export type Making = readonly ['make', At, number: number, room: string, creation: string, isVisible: 0 | 1]
/** The answer to it: empty, or the code of the error. */
export type Made = readonly ['made', At, number: number, code: string]
/** The server is about to close a room, and it has. */
export type Closing = readonly ['close', At, id: string, room: string]
export type RoomClosed = readonly ['closed-room', At, id: string, code: string]
/** The directory as a client has it at the end. */
export type Listed = readonly ['listed', At, isLive: 0 | 1, rooms: readonly string[]]

export type CreationRecord = Making | Made | Listed | ClosingRecord
export type ClosingRecord = Closing | RoomClosed
