import type { AnyContract } from '../contract/contract.js'
import type { WebSocketError } from '../core/error.js'
import type { Parts } from './parts.js'

/** The port of a handle, through which features reach the client. */
export interface HandlePort {
  readonly parts: Parts
  /** The fault of an unusable handle: all its operations answer it. */
  readonly fault: WebSocketError | undefined
}

/** The port of a handle on one room. */
export interface RoomPort extends HandlePort {
  readonly name: string
  readonly contract: AnyContract
}

/** The port of a handle on one room, or on many. */
export interface AnyRoomPort extends HandlePort {
  readonly name?: string
}

/**
 * The key of the function that returns the port: one for all copies of the library in a program. A function, so that an
 * inspection of a handle shows no internals, which hold secrets.
 */
export const port = /*#__PURE__*/ Symbol.for('rx-rooms.port')

/** Returns the port of a room handle. */
export const portOf = (room: object): RoomPort => portIn(room, 'client.room(name, contract)') as RoomPort

/** Returns the port of a handle on one room, or on many. */
export const anyPortOf = (rooms: object): AnyRoomPort => portIn(rooms, 'client.room(name, contract)')

/** Returns the parts behind a client. */
export const partsOf = (client: object): Parts => portIn(client, 'createClient({ url })').parts

/** A feature of something that is no handle is a mistake in the program: no value can stand for its members. */
const portIn = (handle: object, maker: string): HandlePort => {
  const found = (handle as Readonly<Record<symbol, (() => HandlePort) | undefined>>)[port]
  if (!found) throw new TypeError(`This is no handle of rx-rooms: pass what ${maker} gives.`)
  return found()
}
