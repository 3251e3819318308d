import * as E from '#fp/Either'
import type { Parts } from '../client/parts.js'
import type { WebSocketError } from '../core/error.js'
import type { Extension } from '../kernel/extension.js'
import { released } from '../rooms/error.js'
import { own, type Own } from './own.js'

/** The rows of this client in the tables of its rooms that have one name. Call in a turn. */
export interface OwnRows extends Extension {
  /** Returns the row of a room; makes it at the first call. */
  readonly at: (room: string) => Own
  readonly known: (room: string) => Own | undefined
}

/** Keeps the rows of the tables `of` over reconnects. `refused` is called where the server does not take a row. */
export const ownRows = (
  parts: Parts,
  of: string,
  refused?: (room: string, because: WebSocketError) => void,
): OwnRows => {
  const { rooms } = parts
  const owns = new Map<string, Own>()
  rooms.use({
    forget: ({ name }) => {
      owns.get(name)?.end(E.left(released(name)))
      owns.delete(name)
    },
  })
  return {
    known: (name) => owns.get(name),
    at: (name) => {
      const known = owns.get(name)
      if (known) return known
      const made = own(parts, {
        name,
        of,
        isJoined: () => rooms.interest.known(name)?.have === 'In',
        idle: () => {
          if (owns.get(name) === made) owns.delete(name)
        },
        refused: refused && ((because) => refused(name, because)),
      })
      owns.set(name, made)
      return made
    },
    frames: {
      joined: ({ number }) => {
        owns.get(rooms.joins.at(number)?.name ?? '')?.joined()
      },
    },
    down: () => {
      for (const each of owns.values()) each.down()
      return false
    },
    close: (because) => {
      for (const each of owns.values()) each.end(E.left(because))
      owns.clear()
    },
  }
}
