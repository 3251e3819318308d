import { type Logs, type Place, shown } from './logs.js'
import type { Sends, Sent } from './sends.js'
import type { Violations } from './violations.js'

interface Moment {
  readonly at: number
  readonly place: Place
  readonly what: string
}

/** What was known of the order of a room, and when: acknowledged to somebody, or seen by somebody. */
export interface Order {
  /** The message at that place was known then. To be told in order of time within a life. */
  readonly known: (life: string, room: string, at: number, place: Place, what: string) => void
  /** To be called at the end: lanes in order, and nothing placed before what was known before it was sent. */
  readonly finish: (sends: Sends) => void
}

export const order = (logs: Logs, { add }: Violations): Order => {
  const knowns = new Map<string, Moment[]>()
  const highest = new Map<string, Place>()

  const lanes = (sent: readonly Sent[]): void => {
    const last = new Map<string, { readonly id: string; readonly place: Place }>()
    for (const { id, lane } of sent) {
      const place = logs.placeOf(id)
      if (place === undefined) continue
      const before = last.get(lane)
      if (before && place < before.place)
        add(
          'lane/order',
          `${id} of ${lane} is at ${shown(place)}, and ${before.id}, which was sent before it, at ${shown(before.place)}`,
        )
      else last.set(lane, { id, place })
    }
  }
  const realTime = (room: string, sent: readonly Sent[]): void => {
    const known = (knowns.get(room) ?? []).sort((a, b) => a.at - b.at)
    let next = 0
    let newest: Moment | undefined
    for (const { id, invokedAt } of sent) {
      const place = logs.placeOf(id)
      for (let moment = known[next]; moment && moment.at < invokedAt; moment = known[++next])
        if (!newest || moment.place > newest.place) newest = moment
      if (newest && place !== undefined && place < newest.place)
        add(
          'time/order',
          `${id} was sent to ${room} at ${invokedAt} and is at ${shown(place)}; by ${newest.at} ${newest.what} at ${shown(newest.place)}`,
        )
    }
  }

  return {
    known: (life, room, at, place, what) => {
      const key = `${life} ${room}`
      if (place <= (highest.get(key) ?? -1)) return
      highest.set(key, place)
      const moments = knowns.get(room)
      if (moments) moments.push({ at, place, what })
      else knowns.set(room, [{ at, place, what }])
    },
    finish: (sends) => {
      const byRoom = new Map<string, Sent[]>()
      for (const sent of sends.all()) {
        const ofRoom = byRoom.get(sent.room)
        if (ofRoom) ofRoom.push(sent)
        else byRoom.set(sent.room, [sent])
      }
      for (const [room, sent] of byRoom) {
        lanes(sent)
        realTime(
          room,
          sent.sort((a, b) => a.invokedAt - b.invokedAt),
        )
      }
    },
  }
}
