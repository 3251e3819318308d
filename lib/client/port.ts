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

/** The key of the port: one for all copies of the library in a program. */
export const port = /*#__PURE__*/ Symbol.for('rx-rooms.port')

/** A handle with a port. */
export interface Ported<P> {
  readonly [port]?: P
}

/** Returns the port of a room handle. */
export const portOf = (room: object): RoomPort => portIn<RoomPort>(room, 'client.room(name, contract)')

/** Returns the parts behind a client. */
export const partsOf = (client: object): Parts => portIn<HandlePort>(client, 'createClient({ url })').parts

/** A feature of something else is a mistake in the program that no value can stand for. */
const portIn = <P>(handle: object, maker: string): P => {
  const found = (handle as Ported<P>)[port]
  if (!found) throw new TypeError(`This is no handle of rx-rooms: pass what ${maker} gives.`)
  return found
}
