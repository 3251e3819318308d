import * as E from '#fp/Either'
import { Subscription } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import { directory, type RoomsState } from '../../lib/features/directory/index.js'
import { creation, roomLife } from '../../lib/features/room-life/index.js'
import type { Write } from '../history/write.js'
import { closings } from '../orders/closings.js'
import { Notes } from './recorder.js'

/** The rooms that one life of a client creates, and the directory of all rooms that it watches. */
export interface Registry {
  /** Creates a room, which somebody may have created already, under the same id or another one; or closes one that this client has created. */
  readonly act: (random: () => number) => void
  /** Writes down the directory as it is at the end. */
  readonly rest: () => void
  readonly end: () => void
}

export interface RegistryNeeds {
  readonly client: Client
  /** Unique, `client.life`. */
  readonly life: string
  readonly write: Write
  readonly now: () => number
  /** The prefix of the names of rooms to create. */
  readonly prefix: string
}

/** The rooms that clients create and that nobody closes: each has two ids, of which one hides it. */
const lasting = 8
/** The others have one id and are visible. */
const closable = 6

/** The name of a room that may be closed. */
export const closableRoom = (prefix: string, number: number): string => `${prefix}${lasting + (number % closable)}`

export const registry = ({ client, life, write, now, prefix }: RegistryNeeds): Registry => {
  const all = new Subscription()
  const { create, rooms$ } = client.with(creation, directory)
  const close = closings((room) => client.room(room, Notes).with(roomLife), life, write, now)
  /** Rooms that may be closed, which this client has created or somebody else under the same id. */
  const mine = new Set<string>()
  let count = 0
  let known: RoomsState | undefined
  all.add(
    rooms$({ prefix }).subscribe((state) => {
      if (E.isRight(state)) known = state.right
    }),
  )
  return {
    act: (random) => {
      const number = ++count
      const which = Math.floor(random() * (lasting + closable))
      const name = `${prefix}${which}`
      if (mine.has(name) && random() < 0.1) {
        close(name)
        return
      }
      const visible = which >= lasting || random() < 0.7
      const id = `${name}-${visible ? 'shown' : 'hidden'}`
      write(['make', now(), number, name, id, visible ? 1 : 0])
      all.add(
        create({ name, id, visible }).subscribe((made) => {
          write(['made', now(), number, E.isLeft(made) ? made.left.code : ''])
          if (E.isRight(made) && which >= lasting) mine.add(name)
        }),
      )
    },
    rest: () => {
      if (known) write(['listed', now(), known.isLive ? 1 : 0, known.rooms.map(({ name }) => name)])
    },
    end: () => {
      all.unsubscribe()
    },
  }
}
