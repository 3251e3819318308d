import * as t from 'io-ts'
import { contract } from '../../lib/index.js'

/** What people write, under the name that they have at that moment. */
const Said = t.strict({ name: t.string, text: t.string })
export type Said = t.TypeOf<typeof Said>
export const isSaid = Said.is

/** A room in which people write. */
export const Chat = contract({ events: { message: Said } })

/** What a member of such a room shows of itself to the others. */
export const Person = t.strict({ name: t.string, typing: t.boolean })
export type Person = t.TypeOf<typeof Person>

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

/** The room that everybody is in, whatever others they enter. */
export const lobby = 'lobby'

/** The rooms of this machine's figures, in the order in which the page counts them. */
export const figures = ['load', 'memory', 'network'] as const
