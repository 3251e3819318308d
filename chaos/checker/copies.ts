import type { Derived } from '../history/record.js'
import { type Logs, type Place, shown } from './logs.js'
import type { Violations } from './violations.js'

/** The messages that one consumer has made of the messages of its rooms. */
export interface Copies {
  readonly derived: (record: Derived) => void
  /** To be called at the end: each message of a room, after `start` up to `head`, has exactly one copy in the logs. */
  readonly finish: (room: string, start: Place, head: Place) => void
  /** How many copies are in the logs. */
  readonly count: () => number
}

export const copies = (name: string, logs: Logs, { add }: Violations): Copies => {
  /** Ids by the place of what they were made of: a step that was not stored is done again under another id. */
  const made = new Map<string, Map<Place, string[]>>()
  let count = 0

  return {
    derived: ([, , id, room, epoch, offset]) => {
      const place = logs.place(room, epoch, offset)
      if (place === undefined) {
        add('copy/unknown', `${name} made ${id} of ${room} ${epoch} ${offset}, where there is nothing`)
        return
      }
      const ofRoom = made.get(room) ?? new Map<Place, string[]>()
      made.set(room, ofRoom)
      ofRoom.set(place, [...(ofRoom.get(place) ?? []), id])
    },
    finish: (room, start, head) => {
      const ofRoom = made.get(room) ?? new Map<Place, string[]>()
      let newest = -1
      for (const place of logs.placesIn(room, start, head)) {
        const ids = ofRoom.get(place) ?? []
        const there = ids.filter((id) => logs.placeOf(id) !== undefined)
        count += there.length
        if (there.length === 0)
          add('copy/lost', `${name} has no copy of ${room} ${shown(place)} in a log (made: ${ids.join(' ') || 'none'})`)
        if (there.length > 1) add('copy/double', `${name} has ${there.join(' and ')} of ${room} ${shown(place)}`)
        const at = logs.placeOf(there[0] ?? '')
        if (at === undefined) continue
        if (at < newest)
          add(
            'copy/order',
            `${name} has its copy of ${room} ${shown(place)} at ${shown(at)}, after one at ${shown(newest)}`,
          )
        newest = Math.max(newest, at)
      }
    },
    count: () => count,
  }
}
