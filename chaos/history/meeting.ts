import type { At } from './record.js'

/** The client has a session with this id from now on. */
export type Named = readonly ['session', At, session: string]
/** A life begins to watch the members and the shared state of a room. Meetings are numbered within a life. */
export type Met = readonly ['met', At, meeting: number, room: string]
/** The watch of a room ended by itself, because the server refused the room. */
export type Barred = readonly ['barred', At, meeting: number, code: string]
/** A member: its session, its user, and the number in its state; `null` without a state. */
export type Present = readonly [session: string, user: string, state: number | null]
/** The roster of a meeting: the first one, or the one of the end. */
export type Rostered = readonly [
  'roster',
  At,
  meeting: number,
  isFinal: 0 | 1,
  isLive: 0 | 1,
  members: readonly Present[],
]
/** A change of one member. */
export type Changed = readonly [
  'member',
  At,
  meeting: number,
  tag: 'Joined' | 'Updated' | 'Leaving' | 'Back' | 'Left',
  session: string,
  user: string,
  state: number | null,
  cause: string,
]
/** Sets the state of this client in a room. */
export type Posed = readonly ['pose', At, room: string, state: number]
/** The answer to it: empty, or the code of the error. */
export type PoseAnswered = readonly ['posed', At, room: string, state: number, code: string]
/** The server has answered that it shows this client in a room. `sentAt`: when the client had asked for it, on the same link. */
export type Shown = readonly ['shown', At, room: string, sentAt: At]

/** A value of the shared state: its key and its version. */
export type Valued = readonly [key: string, version: number, value: string]
/** The shared state of a meeting: the first one, or the one of the end. */
export type SharedAll = readonly [
  'values',
  At,
  meeting: number,
  isFinal: 0 | 1,
  isLive: 0 | 1,
  values: readonly Valued[],
]
/** A change of one value; `null` where it was dropped. */
export type SharedOne = readonly ['value', At, meeting: number, key: string, version: number, value: string | null]
/** Writes a value, or drops it with `null`. `ifVersion` is −1 where there is no such condition. Ids are unique. */
export type Setting = readonly [
  'set',
  At,
  id: string,
  room: string,
  key: string,
  value: string | null,
  ifNew: 0 | 1,
  ifVersion: number,
]
export type Wrote = readonly ['wrote', At, id: string, version: number]
export type Kept = readonly ['kept', At, id: string, version: number, value: string | null]
/** The `Left` of a write. */
export type Unset = readonly ['unset', At, id: string, executed: 'no' | 'unknown', code: string]

/** All that a life writes down of rooms whose members and shared state it watches. */
export type MeetingRecord =
  | Named | Met | Barred | Rostered | Changed | Posed | PoseAnswered | Shown
  | SharedAll | SharedOne | Setting | Wrote | Kept | Unset // prettier-ignore

/** A server serves from now on. `node`: its number, which it keeps when it is started again. */
export type Serving = readonly ['serving', At, name: string, node: number]
/** A server was killed, and those that share its engine were not. */
export type Stopped = readonly ['stopped', At, node: number]
/** A server tries to renew its lease, or hears that it has. */
export type Renewal = readonly ['renewal', At, node: number, isDone: 0 | 1]
/** A server has seen the token of a user. */
export type Greeted = readonly ['greeted', At, node: number, user: string]
/** All rows of a table of a room: key, version and value as JSON text. */
export type TableRows = readonly [
  'table',
  At,
  of: string,
  room: string,
  epoch: string,
  version: number,
  rows: readonly Valued[],
]
/** A change of a table: the rows that were put, and the keys that were dropped with their causes. */
export type TableChange = readonly [
  'changed',
  At,
  of: string,
  room: string,
  epoch: string,
  version: number,
  puts: readonly Valued[],
  drops: readonly (readonly [key: string, cause: string])[],
]
export type TableServerRecord = Serving | Stopped | Renewal | Greeted | TableRows | TableChange
