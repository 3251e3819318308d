import { frozen } from '../../core/frozen.js'
import { isFields } from '../../protocol/field.js'
import type { ListedRoom } from '../../protocol/listed-room.js'
import type { Copy, Difference, Row } from '../../tables/copy.js'

/** The listed rooms. */
export interface RoomsState {
  /** In the order of their names. Empty where there are more than the server gives at once: then see `total`. */
  readonly rooms: readonly ListedRoom[]
  /** The number of all rooms that the options want, also of those beyond `limit`. */
  readonly total: number
  /** False where `rooms` has not all of them: beyond `limit`, or because there are too many. */
  readonly isComplete: boolean
  /** The names of the rooms that came or have changed since the state before, and of those that went. The first state has none. */
  readonly changed: readonly string[]
  readonly gone: readonly string[]
  /** False while the client is offline: then this is the last known state. */
  readonly isLive: boolean
}

/** Builds states from a copy of the directory. */
export type StateBuilder = (copy: Copy, difference: Difference, isLive: boolean) => RoomsState | undefined

const isCount = (value: unknown): value is number => typeof value === 'number'

/** Reads a room of a row; a field that a later server left out has its default. */
const roomOf = ({ key: name, value }: Row): ListedRoom => {
  const { open, members, users, capacity, taken, closesAt, hasPassword, metadata } = isFields(value) ? value : {}
  return {
    name,
    open: open === true,
    members: isCount(members) ? members : 0,
    users: isCount(users) ? users : 0,
    ...(isCount(capacity) && { capacity, taken: isCount(taken) ? taken : 0 }),
    ...(isCount(closesAt) && { closesAt }),
    ...(hasPassword === true && { hasPassword }),
    metadata: isFields(metadata) ? metadata : {},
  }
}

const byName = (a: ListedRoom, b: ListedRoom): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** `isPart`: the view has some of the rooms, and its rows follow its counts. Each row is read once. */
export const stateBuilder = (isPart: boolean): StateBuilder => {
  const known = new WeakMap<Row, ListedRoom>()
  let isFirst = true

  const read = (row: Row): ListedRoom => {
    const room = known.get(row) ?? frozen(roomOf(row))
    known.set(row, room)
    return room
  }
  return ({ at, rows, counts, pages }, { puts, drops }, isLive) => {
    // A view of all gets its counts alone where there are too many rooms.
    if (!at && (!counts || isPart || pages.length > 0)) {
      isFirst = true
      return undefined
    }
    const rooms = at ? [...rows.values()].map(read).sort(byName) : []
    const total = at ? Math.max(rooms.length, counts?.rows ?? 0) : (counts?.rows ?? 0)
    const names = isFirst ? [] : puts.map(({ key }) => key)
    const gone = isFirst ? [] : drops.map(({ key }) => key)
    isFirst = false
    return frozen({ rooms, total, isComplete: rooms.length === total, changed: names, gone, isLive })
  }
}
