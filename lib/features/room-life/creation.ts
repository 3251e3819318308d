import type { Client } from '../../client/client.js'
import { partsOf } from '../../client/port.js'
import { isId, nameFault } from '../../client/validate.js'
import { type Checks, whatever } from '../../core/check.js'
import type { ResultStream } from '../../core/result.js'
import { waitChecks, type WaitOptions } from '../../core/wait.js'
import * as bounds from '../../protocol/bounds.js'
import { propertyChecks } from '../../protocol/room-checks.js'
import { type GivenProperties, INFO, ROOM } from '../../protocol/room-info.js'
import { noteSecret, order } from './order.js'

/** Options of `create`. All are optional. */
export interface CreateOptions extends GivenProperties, WaitOptions {
  /** The name of the room, 1 to 256 bytes. Default: 128 random bits. */
  readonly name?: string | undefined
  /** The id of the creation, 1 to 64 bytes: with the same id the room is created once. Default: 128 random bits. */
  readonly id?: string | undefined
  /** Time to wait for the answer, in milliseconds, including for a connection. Default: `deadlines.joinMs`, 10 s. */
  readonly withinMs?: number | undefined
}

/** A created room. */
export interface CreatedRoom {
  readonly name: string
  readonly id: string
}

/** A creation under way: a stream of its one result, with the name and the id from the call on. */
export type Creating = ResultStream<CreatedRoom> & CreatedRoom

/** The members that the feature `creation` adds to a client. */
export interface Creation {
  /**
   * Creates a room, at the call. `Right` when the server has its record; a repeat with the same `id` is the same room, so
   * a lost connection is no danger: the client repeats the creation by itself. `Left` with `room/exists` where the name
   * is in use, and with `room/closed` where a room with this name was closed within a day. Waits offline, up to
   * `withinMs`. Needs the permission `publish`; does not join.
   */
  readonly create: (options?: CreateOptions) => Creating
}

const checks: Checks<keyof CreateOptions> = {
  ...waitChecks,
  ...propertyChecks,
  // A wrong name is an error of the room.
  name: whatever,
  id: { expected: `id ${bounds.idBytes}`, is: isId },
}

/** Adds the creation of rooms to a client: `client.with(creation).create({ name: 'lobby' })`. */
export const creation = (client: Pick<Client, 'state$'>): Creation => {
  const parts = partsOf(client)
  const { ids } = parts.kernel.config
  return {
    create: (options) => {
      const name = options?.name ?? ids()
      const id = options?.id ?? ids()
      const created = Object.freeze({ name, id })
      const stream = order<CreatedRoom, CreateOptions>({
        parts,
        room: name,
        fault: nameFault(name),
        options,
        checks,
        write: ({ name: _name, id: _id, signal: _signal, withinMs: _withinMs, ...properties }) => {
          noteSecret(parts, 'password', properties.password)
          return {
            room: name,
            of: ROOM,
            key: INFO,
            value: { ...given(properties), id },
            ifNew: true,
          }
        },
        done: () => created,
        isRepeated: true,
      })
      return Object.assign(stream, created)
    },
  }
}

const given = (properties: GivenProperties): object =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))
