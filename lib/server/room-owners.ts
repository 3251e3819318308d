import { append, type LinkedList, linkedList, type Node, unlink } from './linked-list.js'
import { type Ranked, type Ranking, ranking, unranked } from './ranking.js'

/** What has a maker: its nodes are in the lists of that. */
export interface OwnedRoom<Room> {
  /** In the rooms of its maker. */
  readonly written: Node<Room>
  /** In those of them that nobody needs. */
  readonly used: Node<Room>
}

/** A user with the rooms in which it published first. They count as its own, whoever publishes in them later. */
export interface RoomOwner<Room> {
  readonly user: string
  /** Its rooms, the one written longest ago first. */
  readonly rooms: LinkedList<Room>
  /** Those of them that nobody needs, the one used longest ago first. */
  readonly quiet: LinkedList<Room>
  readonly byBytes: Ranked
  readonly byRooms: Ranked
}

/** Users by what their rooms cost, so that whoever holds the most loses first. */
export interface RoomOwners<Room> {
  /** What all rooms cost together. */
  readonly bytes: () => number
  readonly add: (room: Room, user: string) => RoomOwner<Room>
  readonly remove: (room: Room, maker: RoomOwner<Room>) => void
  /** A room of the user costs so much more, or less. */
  readonly weigh: (maker: RoomOwner<Room>, bytes: number) => void
  /** Whose rooms cost the most. */
  readonly heaviest: () => RoomOwner<Room> | undefined
  /** Who has the most rooms. */
  readonly largest: () => RoomOwner<Room> | undefined
}

/** What a user takes beside its rooms, of a heap on 64 bits, measured. */
const makerBytes = 550

export const roomOwners = <Room extends OwnedRoom<Room>>(): RoomOwners<Room> => {
  const known = new Map<string, RoomOwner<Room>>()
  const byBytes = ranking<RoomOwner<Room>>((maker) => maker.byBytes)
  const byRooms = ranking<RoomOwner<Room>>((maker) => maker.byRooms)
  let bytes = 0
  let turn = 0

  const change = (all: Ranking<RoomOwner<Room>>, maker: RoomOwner<Room>, rank: Ranked, by: number): void => {
    if (by === 0) return
    rank.weight += by
    if (by > 0) rank.turn = ++turn
    all.place(maker)
  }
  const weigh = (maker: RoomOwner<Room>, by: number): void => {
    bytes += by
    change(byBytes, maker, maker.byBytes, by)
  }
  const made = (user: string): RoomOwner<Room> => {
    const maker: RoomOwner<Room> = {
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
