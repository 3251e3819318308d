import { tell } from './feed.js'
import { losses, type Losses } from './forgotten-lanes.js'
import { noLanes } from './lanes.js'
import { append, linkedList, unlink } from './linked-list.js'
import { emptyLog, truncate } from './log.js'
import type { Surroundings } from './retention.js'
import { type RoomOwner, roomOwners } from './room-owners.js'
import { costOf, isBare, isQuiet, type RoomState } from './room-state.js'

/** The rooms of a ledger with their makers, and their order for eviction. */
export interface RoomTable {
  /** Rooms with at least one publish. */
  readonly rooms: ReadonlyMap<string, RoomState>
  /** Returns the heap bytes of all rooms together. */
  readonly bytes: () => number
  /** The names of the remembered lanes. */
  readonly losses: Losses
  /** Returns the epoch in which new rooms begin. */
  readonly unborn: () => string
  readonly renewUnborn: (epoch: string | undefined) => void
  /** Returns a room without a publish that followers or pins need. */
  readonly findUnborn: (name: string) => RoomState | undefined
  /** Changes a room, and its cost for its maker. */
  readonly weighed: (room: RoomState, change: () => void) => void
  /** Moves a written room to the end of its lists. */
  readonly renew: (room: RoomState) => void
  /** Moves a room without followers and pins to the end of its maker's list. */
  readonly use: (room: RoomState) => void
  readonly change: (room: RoomState, by: () => void) => void
  /** Makes this user the maker of a room. */
  readonly assign: (room: RoomState, maker: string) => void
  /** Adds an unborn room, with this user as its maker. */
  readonly bear: (room: RoomState, maker: string) => void
  /** Removes the content of a room. */
  readonly empty: (room: RoomState) => void
  /** Forgets a room. Its followers receive another log. */
  readonly drop: (room: RoomState) => void
  /** Keeps a room while somebody needs it. The returned function ends that. */
  readonly needed: (room: RoomState, need: () => () => void) => () => void
  /** Returns the room with content that was written the longest ago. */
  readonly oldest: () => RoomState | undefined
  /** Returns the user whose rooms cost the most, and the user with the most rooms. */
  readonly heaviest: () => RoomOwner<RoomState> | undefined
  readonly largest: () => RoomOwner<RoomState> | undefined
}

/** Calls `dropped` for each forgotten room. */
export const roomTable = (
  { ids, epochs }: Pick<Required<Surroundings>, 'ids' | 'epochs'>,
  dropped: (name: string) => void,
): RoomTable => {
  const rooms = new Map<string, RoomState>()
  const unborn = new Map<string, RoomState>()
  const holders = roomOwners<RoomState>()
  const lost = losses(ids)
  /** Rooms with content, the least recently written first. */
  const heavy = linkedList<RoomState>()
  let unbornEpoch: string | undefined

  const unbornNow = (): string => (unbornEpoch ??= epochs())
  const weighed = (room: RoomState, change: () => void): void => {
    const before = costOf(room)
    change()
    if (room.maker) holders.weigh(room.maker, costOf(room) - before)
    if (isBare(room)) unlink(room.filled)
  }
  const renew = (room: RoomState): void => {
    if (!room.maker) return
    append(room.maker.rooms, room.written, room)
    if (!isBare(room)) append(heavy, room.filled, room)
  }
  const change = (room: RoomState, by: () => void): void => {
    weighed(room, by)
    renew(room)
  }
  const use = (room: RoomState): void => {
    if (room.maker && isQuiet(room)) append(room.maker.quiet, room.used, room)
  }
  const assign = (room: RoomState, user: string): void => {
    const cost = costOf(room)
    if (room.maker) {
      holders.weigh(room.maker, -cost)
      holders.remove(room, room.maker)
    }
    room.maker = holders.add(room, user)
    holders.weigh(room.maker, costOf(room))
    use(room)
  }
  const bear = (room: RoomState, user: string): void => {
    unborn.delete(room.name)
    rooms.set(room.name, room)
    assign(room, user)
  }
  const loseLanes = (room: RoomState): void => {
    for (const user of room.lanes.holders.keys()) lost.lose(user)
    room.lanes = noLanes()
  }
  const empty = (room: RoomState): void => {
    change(room, () => {
      truncate(room.log)
      loseLanes(room)
    })
  }
  const drop = (room: RoomState): void => {
    const { name, maker, log } = room
    if (!maker) return
    holders.weigh(maker, -costOf(room))
    holders.remove(room, maker)
    loseLanes(room)
    unlink(room.filled)
    rooms.delete(name)
    if (log.epoch === unbornEpoch) unbornEpoch = undefined
    room.maker = undefined
    room.log = emptyLog(unbornNow())
    if (!isQuiet(room)) unborn.set(name, room)
    dropped(name)
    tell(room)
  }
  const needed = (room: RoomState, need: () => () => void): (() => void) => {
    if (!room.maker) unborn.set(room.name, room)
    // A follower may publish during the call; the resulting eviction must spare this room.
    room.pins++
    const release = need()
    room.pins--
    unlink(room.used)
    return () => {
      release()
      use(room)
      if (!room.maker && isQuiet(room) && unborn.get(room.name) === room) unborn.delete(room.name)
    }
  }

  return {
    rooms,
    bytes: holders.bytes,
    losses: lost,
    unborn: unbornNow,
    renewUnborn: (epoch) => {
      unbornEpoch = epoch
    },
    findUnborn: (name) => unborn.get(name),
    weighed,
    renew,
    use,
    change,
    assign,
    bear,
    empty,
    drop,
    needed,
    oldest: () => heavy.first?.item,
    heaviest: holders.heaviest,
    largest: holders.largest,
  }
}
