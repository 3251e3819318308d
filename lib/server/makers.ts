import { append, type LinkedList, linkedList, type Node, unlink } from './linked-list.js'
import { type Ranked, type Ranking, ranking, unranked } from './ranking.js'

/** What has a maker: its nodes are in the lists of that. */
export interface Made<Room> {
  /** In the rooms of its maker. */
  readonly written: Node<Room>
  /** In those of them that nobody needs. */
  readonly used: Node<Room>
}

/** A user with the rooms in which it published first. They count as its own, whoever publishes in them later. */
export interface Maker<Room> {
  readonly user: string
  /** Its rooms, the one written longest ago first. */
  readonly rooms: LinkedList<Room>
  /** Those of them that nobody needs, the one used longest ago first. */
  readonly quiet: LinkedList<Room>
  readonly byBytes: Ranked
  readonly byRooms: Ranked
}

/** Users by what their rooms cost, so that whoever holds the most loses first. */
export interface Makers<Room> {
  /** What all rooms cost together. */
  readonly bytes: () => number
  readonly add: (room: Room, user: string) => Maker<Room>
  readonly remove: (room: Room, maker: Maker<Room>) => void
  /** A room of the user costs so much more, or less. */
  readonly weigh: (maker: Maker<Room>, bytes: number) => void
  /** Whose rooms cost the most. */
  readonly heaviest: () => Maker<Room> | undefined
  /** Who has the most rooms. */
  readonly largest: () => Maker<Room> | undefined
}

/** What a user takes beside its rooms, of a heap on 64 bits, measured. */
const makerBytes = 550

export const makers = <Room extends Made<Room>>(): Makers<Room> => {
  const known = new Map<string, Maker<Room>>()
  const byBytes = ranking<Maker<Room>>((maker) => maker.byBytes)
  const byRooms = ranking<Maker<Room>>((maker) => maker.byRooms)
  let bytes = 0
  let turn = 0

  const change = (all: Ranking<Maker<Room>>, maker: Maker<Room>, rank: Ranked, by: number): void => {
    if (by === 0) return
    rank.weight += by
    if (by > 0) rank.turn = ++turn
    all.place(maker)
  }
  const weigh = (maker: Maker<Room>, by: number): void => {
    bytes += by
    change(byBytes, maker, maker.byBytes, by)
  }
  const made = (user: string): Maker<Room> => {
    const maker: Maker<Room> = {
      user,
      rooms: linkedList(),
      quiet: linkedList(),
      byBytes: unranked(),
      byRooms: unranked(),
    }
    known.set(user, maker)
    weigh(maker, makerBytes)
    return maker
  }

  return {
    bytes: () => bytes,
    add: (room, user) => {
      const maker = known.get(user) ?? made(user)
      append(maker.rooms, room.written, room)
      change(byRooms, maker, maker.byRooms, 1)
      return maker
    },
    remove: (room, maker) => {
      unlink(room.used)
      unlink(room.written)
      change(byRooms, maker, maker.byRooms, -1)
      if (maker.rooms.size > 0) return
      weigh(maker, -makerBytes)
      known.delete(maker.user)
      byRooms.remove(maker)
      byBytes.remove(maker)
    },
    weigh,
    heaviest: byBytes.first,
    largest: byRooms.first,
  }
}
