import type { Deadlines } from '../core/deadlines.js'
import type { From, Join } from '../protocol/frame.js'
import { fromOf } from './position.js'
import { extrasOf, positionOf, type RoomRecord } from './record.js'

export interface JoinQueueNeeds {
  readonly joinMs: number
  readonly now: () => number
  readonly deadlines: Deadlines
  readonly turn: (task: () => void) => void
  /** True for a room that may not be joined yet. */
  readonly waits: (room: RoomRecord) => boolean
  /** Returns the start of a room's first join. */
  readonly start: (room: RoomRecord) => From | undefined
  /** Gives a room the number of its join, which is written now. */
  readonly written: (room: RoomRecord) => void
  /** No join of the link was answered for `joinMs`. */
  readonly overdue: (room: RoomRecord) => void
}

/** The rooms whose joins wait to be written, and the time limit for their answers. Call in a turn. */
export interface JoinQueue {
  readonly add: (room: RoomRecord) => void
  readonly withdraw: (room: RoomRecord) => void
  readonly pending: () => boolean
  /** The next joins to write: at most `count`, of about `bytes` together. Their numbers follow each other. */
  readonly take: (count: number, bytes: number) => readonly Join[]
  /** An answer has arrived: others may take longer. */
  readonly answered: () => void
  /** Delays the next join of a room. */
  readonly delay: (room: RoomRecord, ms: number) => void
}

export const joinQueue = (needs: JoinQueueNeeds): JoinQueue => {
  const wanted = new Set<RoomRecord>()
  let answers = 0

  const joinOfRoom = (room: RoomRecord): Join => {
    const start = positionOf(room) ? undefined : needs.start(room)
    if (start) extrasOf(room).start = start
    else if (room.extras) delete room.extras.start
    return joinOf(room)
  }
  /** Keeps waiting while answers arrive: many rooms may take long on a slow link. */
  const watch = (batch: readonly RoomRecord[], firstCh: number): void => {
    const before = answers
    needs.deadlines.after(needs.joinMs, () => {
      needs.turn(() => {
        const late = batch.filter((room, at) => room.ch === firstCh + at && room.have === 'Joining')
        if (late.length > 0 && answers > before) watch(batch, firstCh)
        else for (const room of late) needs.overdue(room)
      })
    })
  }
  return {
    add: (room) => {
      wanted.add(room)
    },
    withdraw: (room) => {
      wanted.delete(room)
    },
    pending: () => wanted.size > 0,
    take: (count, bytes) => {
      const batch: RoomRecord[] = []
      let left = bytes
      const now = needs.now()
      for (const room of wanted) {
        if (needs.waits(room) || (room.extras?.notBefore ?? 0) > now) continue
        left -= joinBytes(room)
        if (batch.length === count || left < 0) break
        wanted.delete(room)
        needs.written(room)
        batch.push(room)
      }
      const firstCh = batch[0]?.ch ?? 0
      if (batch.length > 0) watch(batch, firstCh)
      return batch.map(joinOfRoom)
    },
    answered: () => {
      answers++
    },
    delay: (room, ms) => {
      extrasOf(room).notBefore = needs.now() + ms
      // The end of that turn writes the join.
      needs.deadlines.after(ms, () => {
        needs.turn(() => undefined)
      })
    },
  }
}

const joinOf = (room: RoomRecord): Join => {
  const from = fromOf(room)
  const ask = room.extras?.ask
  const join = { t: 'join', ch: room.ch, room: room.name, want: wants } as const
  if (ask) return { ...join, ...(from && { from }), ...ask }
  return from ? { ...join, from } : join
}
const wants = ['messages', 'info'] as const

/** Upper bound of a join's bytes on the wire. */
const joinBytes = (room: RoomRecord): number => 160 + 6 * (room.name.length + (room.extras?.ask?.password?.length ?? 0))
