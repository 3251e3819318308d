import type { View } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Member } from '../room.js'
import type { Lives } from '../life/lives.js'
import { seats, type Seats } from '../life/seats.js'
import { type TableKind, tableKinds } from './kinds.js'
import { nodeAsks, type NodeAsks } from '../asks/node-asks.js'
import { directory, type Directory } from '../directory/directory.js'
import type { RoomCount } from '../directory/row.js'
import { leaders, type Leaders } from './leaders.js'
import { nodeLease } from './lease.js'
import type { Tables } from './model.js'
import { presence, type Presence } from './presence.js'
import { replica } from './replica.js'
import { type ViewedTable, viewedTable } from './viewed-table.js'
import type { Viewing } from './viewer.js'

/** The tables of a server: those that its sessions view, and the members of rooms that are connected to it. */
export interface NodeTables {
  readonly tables: Tables
  readonly presence: Presence
  readonly leaders: Leaders
  readonly directory: Directory
  readonly seats: Seats
  readonly asks: NodeAsks
  /** Ends what others see of a user, also of a client whose connection is lost, and the seats of clients that are away. */
  readonly end: Presence['end']
  readonly kind: (of: string) => TableKind | undefined
  /** Begins a view. `fellBehind` is called where the connection has no room for it. */
  readonly view: (member: Member, frame: View, fellBehind: (viewing: Viewing) => void) => Viewing
  readonly close: Directory['close']
}

export type { Viewing } from './viewer.js'

/** `count` returns the members of a listed room at this server. */
export const nodeTables = (
  context: Context,
  tables: Tables,
  lives: Lives,
  count: (room: string) => RoomCount | undefined,
): NodeTables => {
  const kinds = tableKinds(context.settings)
  const viewed = new Map<string, ViewedTable>()
  /** Rows of servers that have stopped are to be dropped in time where somebody views them. */
  const isViewed = (): boolean => [...viewed.values()].some(({ isLeased }) => isLeased)
  const lease = nodeLease(context, tables, {
    isNeeded: () => [members, leading, taken, rooms, asks].some((each) => each.isActive()) || isViewed(),
    granted: () => {
      for (const each of [members, leading, taken, rooms, asks]) each.again()
    },
  })
  const members = presence(context, tables, lease)
  const leading = leaders(context, tables, lease)
  const rooms = directory({ context, tables, lease, count, viewing: lives.wake })
  const taken = seats(context, tables, lease, lives, rooms.touch)
  const asks = nodeAsks(context, tables, lease)

  return {
    tables,
    presence: members,
    leaders: leading,
    directory: rooms,
    seats: taken,
    asks,
    end: (of, cause) => {
      members.end(of, cause)
      asks.rows.end(of, cause)
      leading.end(of, cause)
      taken.forget(of)
    },
    kind: (of) => kinds.get(of),
    view: (member, frame, fellBehind) => {
      const kind = kinds.get(frame.of)
      if (!kind) return nothing
      const key = `${frame.of}\n${member.room.name}`
      const table =
        viewed.get(key) ??
        viewedTable(context, kind, (changed) =>
          replica(context, tables, { of: kind.of, room: member.room.name }, changed),
        )
      viewed.set(key, table)
      if (kind.isLeased) lease.hold()
      const viewer = table.add(member, frame, () => {
        fellBehind(viewing)
      })
      const viewing: Viewing = {
        ...viewer,
        stop: () => {
          if (table.remove(viewer) > 0) return
          table.close()
          viewed.delete(key)
        },
      }
      viewer.advance()
      return viewing
    },
    close: (isDrained) => {
      for (const each of viewed.values()) each.close()
      viewed.clear()
      lease.close()
      members.close()
      asks.close()
      leading.close()
      rooms.close(isDrained)
      taken.close()
    },
  }
}

const nothing: Viewing = { advance: () => 0, stop: () => undefined }
