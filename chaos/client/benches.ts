import { Subscription } from 'rxjs'
import type { Client } from '../../lib/client/client.js'
import type { Room } from '../../lib/client/room.js'
import type { Membership } from '../../lib/rooms/membership.js'
import type { Write } from '../history/write.js'
import { oneOf } from './councils.js'
import { Notes } from './recorder.js'
import { admission } from 'rx-rooms/room-life'

/** The rooms with a capacity that one life of a client enters and leaves. */
export interface Benches {
  /** Asks for a seat, or leaves. */
  readonly act: (random: () => number) => void
  /** Writes down the membership in each room as it is at the end. */
  readonly rest: () => void
  readonly end: () => void
}

export interface BenchesNeeds {
  readonly client: Client
  readonly write: Write
  readonly now: () => number
  readonly rooms: readonly string[]
}

export const benches = ({ client, write, now, rooms }: BenchesNeeds): Benches => {
  const all = new Subscription()
  const known = new Map<string, Membership>()
  const handles = new Map<string, Room<typeof Notes>>()
  const wanted = new Set<string>()

  const tell = (room: string, isFinal: 0 | 1): void => {
    const membership = known.get(room)
    if (!membership) return
    const place = membership._tag === 'Joining' ? (membership.place ?? 0) : 0
    write([
      'sat',
      now(),
      room,
      isFinal,
      membership._tag,
      place,
      membership._tag === 'Refused' ? membership.error.code : '',
    ])
  }
  for (const room of rooms) {
    const handle = client.room(room, Notes)
    handles.set(room, handle)
    all.add(
      handle.membership$.subscribe((membership) => {
        known.set(room, membership)
        tell(room, 0)
      }),
    )
  }
  return {
    act: (random) => {
      const room = oneOf(rooms, random)
      const handle = handles.get(room)
      if (!handle) return
      if (!wanted.has(room)) {
        const waits = random() < 0.8
        wanted.add(room)
        write(['asked', now(), room, waits ? 1 : 0])
        handle.join(admission({ queue: waits })).subscribe()
      } else if (random() < 0.4) {
        wanted.delete(room)
        write(['gone', now(), room])
        handle.leave().subscribe()
      }
    },
    rest: () => {
      for (const room of rooms) tell(room, 1)
    },
    end: () => {
      all.unsubscribe()
    },
  }
}
