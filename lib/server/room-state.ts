import type { Followed } from './feed.js'
import { bytesOf, type Lanes, noLanes } from './lanes.js'
import { type LinkedList, node, type Node } from './linked-list.js'
import type { Log } from './log.js'
import type { OwnedRoom, RoomOwner } from './room-owners.js'

/** A room: its log, what it knows of its producers, and who follows it. */
export interface RoomState extends Followed, OwnedRoom<RoomState> {
  readonly name: string
  lanes: Lanes
  /** Who needs it beside its followers; as long as anybody does it is not forgotten. */
  pins: number
  /** Who published first in it. As long as nobody has, it is unborn, and there only while somebody needs it. */
  maker: RoomOwner<RoomState> | undefined
  /** In the rooms that hold something. */
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

/** What a room takes beside its messages and lanes, of a heap on 64 bits, measured. */
const roomBytes = 1_200

/** What a room costs its maker. */
export const costOf = ({ name, maker, log, lanes }: RoomState): number =>
  maker ? roomBytes + 2 * name.length + log.bytes + bytesOf(lanes) : 0
export const isQuiet = ({ followers, pins }: RoomState): boolean => followers.size + pins === 0
export const isBare = ({ log, lanes }: RoomState): boolean => log.bytes + lanes.size === 0

/** The first that nobody holds by a pin. */
export const loose = (rooms: LinkedList<RoomState> | undefined): RoomState | undefined => {
  let each = rooms?.first
  while (each?.item && each.item.pins > 0) each = each.after
  return each?.item
}
