import { type Ranked, type Ranking, ranking, unranked } from './ranking.js'

/** A user with the rooms in which it published first. They count as its own, whoever publishes in them later. */
export interface Maker<Room> {
  readonly user: string
  /** Its rooms, the one written longest ago first. */
  readonly rooms: Set<Room>
  /** Those of them that nobody needs, the one used longest ago first. */
  readonly quiet: Set<Room>
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

export const makers = <Room>(): Makers<Room> => {
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
    const maker = { user, rooms: new Set<Room>(), quiet: new Set<Room>(), byBytes: unranked(), byRooms: unranked() }
    known.set(user, maker)
    weigh(maker, makerBytes)
    return maker
  }

  return {
    bytes: () => bytes,
    add: (room, user) => {
      const maker = known.get(user) ?? made(user)
      maker.rooms.add(room)
      change(byRooms, maker, maker.byRooms, 1)
      return maker
    },
    remove: (room, maker) => {
      maker.quiet.delete(room)
      if (!maker.rooms.delete(room)) return
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
