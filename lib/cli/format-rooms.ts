import { printable } from '../core/printable.js'
import type { ListedRoom, RoomsState } from '../features/directory/index.js'
import { jsonLine, plural } from './text.js'

/** A line of the directory: a room that is there at first, has come or changed, or has gone. */
export interface RoomLine {
  readonly change: 'here' | 'new' | 'changed' | 'gone'
  readonly room: string
  /** Absent for one that has gone. */
  readonly listed?: ListedRoom
}

/** Formats a line as a JSON object. */
export const roomJson = ({ change, room, listed }: RoomLine): string => {
  const { name: _name, ...facts } = listed ?? { name: room }
  return jsonLine({ room, change, ...facts })
}

/** Formats a line as text. */
export const roomLine = ({ change, room, listed }: RoomLine): string => {
  if (!listed) return printable(`${room} ${change}`)
  const { open, members, users, capacity, taken = 0, metadata } = listed
  const facts = Object.keys(metadata).length > 0 ? [JSON.stringify(metadata)] : []
  return printable(
    [
      room,
      change,
      open ? 'open' : 'shut',
      plural(members, 'member'),
      plural(users, 'user'),
      ...(capacity === undefined ? [] : [`${taken}/${capacity} seats`]),
      ...facts,
    ].join(' '),
  )
}

/** Formats the first state as a whole, and then the changes; the number of the rooms where the server gives only that. */
export const directoryPrinter = (format: (line: RoomLine) => string): ((state: RoomsState) => readonly string[]) => {
  let known: ReadonlyMap<string, ListedRoom> | undefined
  return ({ rooms, total, isComplete, gone }) => {
    if (rooms.length === 0 && !isComplete) return [printable(plural(total, 'room'))]
    const before = known
    const now = new Map(rooms.map((room) => [room.name, room]))
    known = now
    if (!before) return rooms.map((listed) => format({ change: 'here', room: listed.name, listed }))
    const lines = rooms.flatMap((listed): readonly RoomLine[] => {
      const earlier = before.get(listed.name)
      if (!earlier) return [{ change: 'new', room: listed.name, listed }]
      return JSON.stringify(earlier) === JSON.stringify(listed)
        ? []
        : [{ change: 'changed', room: listed.name, listed }]
    })
    const ends = gone.filter((room) => before.has(room) && !now.has(room))
    return [...lines, ...ends.map((room): RoomLine => ({ change: 'gone', room }))].map(format)
  }
}
