import * as t from 'io-ts'
import { contract } from '../../lib/index.js'

/** What people write. `key` is the writer's own, to find the message again when it comes back. */
export const Lobby = contract({
  events: { message: t.strict({ key: t.string, name: t.string, text: t.string }) },
})

/** `busy` is the share of all cores, from 0 to 1; `average` the load of the last 1, 5 and 15 minutes. */
export const Load = contract({
  events: {
    sample: t.strict({
      at: t.number,
      busy: t.number,
      average: t.tuple([t.number, t.number, t.number]),
      cores: t.number,
    }),
  },
})

/** In bytes. */
export const Memory = contract({
  events: { sample: t.strict({ at: t.number, used: t.number, total: t.number }) },
})

/** In bytes per second; `received` and `sent` are of all interfaces but the loopback. `absent`: this machine does not tell. */
export const Network = contract({
  events: {
    sample: t.strict({ at: t.number, loopback: t.number, received: t.number, sent: t.number }),
    absent: t.strict({ because: t.string }),
  },
})

/** The names of the rooms, in the order in which the page shows them. */
export const names = ['lobby', 'load', 'memory', 'network'] as const
export type RoomName = (typeof names)[number]
