import type { Followed } from './feed.js'
import { bytesOf, type Lanes, noLanes } from './lanes.js'
import { type LinkedList, node, type Node } from './linked-list.js'
import type { Log } from './log.js'
import type { OwnedRoom, RoomOwner } from './room-owners.js'

/** A room: its log, its memory of producers, and its followers. */
export interface RoomState extends Followed, OwnedRoom<RoomState> {
  readonly name: string
  lanes: Lanes
  /** The number of users beside its followers; a pinned room is not forgotten. */
  pins: number
  /** The first publisher. Without one the room is unborn, and exists only while followers or pins need it. */
  maker: RoomOwner<RoomState> | undefined
  /** The node in the list of rooms with content. */
  readonly filled: Node<RoomState>
}

export const fresh = (name: string, log: Log): RoomState => {
  return {
    name,
    log,
    lanes: noLanes(),
    followers: new Set(),
    telling: false,
    pins: 0,
    maker: undefined,
    written: node(),
    used: node(),
    filled: node(),
  }
}

/** Heap bytes of a room without its messages and lanes, measured on 64 bits. */
const roomBytes = 1_200

/** Returns a room's cost for its maker. */
export const costOf = ({ name, maker, log, lanes }: RoomState): number =>
  maker ? roomBytes + 2 * name.length + log.bytes + bytesOf(lanes) : 0
export const isQuiet = ({ followers, pins }: RoomState): boolean => followers.size + pins === 0
export const isBare = ({ log, lanes }: RoomState): boolean => log.bytes + lanes.size === 0

/** Returns the first room without a pin. */
export const loose = (rooms: LinkedList<RoomState> | undefined): RoomState | undefined => {
  let each = rooms?.first
  while (each?.item && each.item.pins > 0) each = each.after
  return each?.item
}
