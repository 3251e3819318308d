import { append, type LinkedList, linkedList, type Node, unlink } from './linked-list.js'
import { type Ranked, type Ranking, ranking, unranked } from './ranking.js'

/** An item with a maker: its nodes are in the maker's lists. */
export interface OwnedRoom<Room> {
  /** The node in the rooms of its maker. */
  readonly written: Node<Room>
  /** The node in the quiet rooms of its maker. */
  readonly used: Node<Room>
}

/** A user with the rooms in which it published first. They count as its own, even if others publish in them later. */
export interface RoomOwner<Room> {
  readonly user: string
  /** Its rooms, the least recently written first. */
  readonly rooms: LinkedList<Room>
  /** Its rooms without followers and pins, the least recently used first. */
  readonly quiet: LinkedList<Room>
  readonly byBytes: Ranked
  readonly byRooms: Ranked
}

/** Users ranked by the cost of their rooms, so that the largest holder loses first. */
export interface RoomOwners<Room> {
  /** Returns the cost of all rooms together. */
  readonly bytes: () => number
  readonly add: (room: Room, user: string) => RoomOwner<Room>
  readonly remove: (room: Room, maker: RoomOwner<Room>) => void
  /** Adds to the cost of the user's rooms; negative to subtract. */
  readonly weigh: (maker: RoomOwner<Room>, bytes: number) => void
  /** Returns the user whose rooms cost the most. */
  readonly heaviest: () => RoomOwner<Room> | undefined
  /** Returns the user with the most rooms. */
  readonly largest: () => RoomOwner<Room> | undefined
}

/** Heap bytes of a user without its rooms, measured on 64 bits. */
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
