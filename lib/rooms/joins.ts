import * as E from '#fp/Either'
import { type Backoff, backoff } from '../core/backoff.js'
import type { Deadlines } from '../core/deadlines.js'
import type { WebSocketError } from '../core/error.js'
import { gap, type Gap } from '../core/position.js'
import type { ClientFrame, From, GapFrame, Info, Join, Joined, Left, Permission } from '../protocol/frame.js'
import { channels } from './channels.js'
import { joinOverdue, refused } from './error.js'
import type { RoomInfo } from './membership.js'
import { more, positionOf, type RoomRecord, waitersOf } from './record.js'

/** What joining leads to. All are called in a turn. */
export interface JoinEvents {
  /** Something that `membership$` shows has changed. */
  readonly changed: (room: RoomRecord) => void
  readonly holed: (room: RoomRecord, gap: Gap) => void
  readonly refused: (room: RoomRecord, because: WebSocketError) => void
  /** A held room is to be tried again. */
  readonly turn: (task: () => void) => void
}

export interface JoinNeeds extends JoinEvents {
  readonly joinMs: number
  readonly backoff: Backoff
  readonly random: () => number
  readonly deadlines: Deadlines
}

/** The rooms of one link: numbered joins, and the answers to them. */
export interface Joins {
  /** By the number of the join; what is not here is of an earlier join and dropped. */
  readonly at: (ch: number) => RoomRecord | undefined
  readonly want: (room: RoomRecord) => void
  readonly leave: (room: RoomRecord) => void
  /** The next joins to write: at most `count`, of about `bytes` together. */
  readonly take: (count: number, bytes: number) => readonly Join[]
  readonly pending: () => boolean
  readonly joined: (frame: Joined) => void
  readonly left: (frame: Left) => void
  readonly gap: (frame: GapFrame) => void
  /** The link is gone: every join of it is void. */
  readonly reset: (rooms: Iterable<RoomRecord>) => void
  /** Tries refused rooms again that `when` accepts. */
  readonly again: (rooms: Iterable<RoomRecord>, when: (room: RoomRecord) => boolean) => void
}

/** `write` takes control frames for the present link, and drops them while there is none. */
export const joins = (needs: JoinNeeds, write: (frame: ClientFrame) => void): Joins => {
  const byCh = channels<RoomRecord>()
  let answers = 0
  const wanted = new Set<RoomRecord>()

  const want = (room: RoomRecord): void => {
    if (room.ch !== 0) return
    room.have = 'joining'
    wanted.add(room)
    needs.changed(room)
  }
  const retire = (room: RoomRecord): void => {
    byCh.delete(room.ch)
    wanted.delete(room)
    room.ch = 0
  }
  const refuse = (room: RoomRecord, because: WebSocketError, barred: boolean): void => {
    const details = more(room)
    retire(room)
    room.have = 'refused'
    details.refusal = because
    details.barred = barred
    needs.changed(room)
    needs.refused(room, because)
    settle(room, E.left(because))
    if (!barred && (because.kind === 'retry' || because.retryAfterMs !== undefined)) retryLater(room, because)
  }
  const retryLater = (room: RoomRecord, because: WebSocketError): void => {
    const details = more(room)
    const ms =
      because.retryAfterMs === undefined
        ? backoff(needs.backoff, details.retries++, needs.random())
        : because.retryAfterMs + (because.spreadMs ?? 0) * needs.random()
    details.retry?.cancel()
    details.retry = needs.deadlines.after(ms, () => {
      needs.turn(() => {
        if (room.holds > 0 && room.have === 'refused') want(room)
      })
    })
  }
  const overdue = (batch: readonly RoomRecord[], firstCh: number): void => {
    for (const [at, room] of batch.entries()) {
      const ch = firstCh + at
      if (room.ch !== ch || room.have !== 'joining') continue
      write({ t: 'leave', ch })
      refuse(room, joinOverdue(room.name, needs.joinMs), false)
    }
  }

  /** Waits on as long as answers come: a slow link may take long for many rooms. */
  const patience = (batch: readonly RoomRecord[], firstCh: number): void => {
    const before = answers
    needs.deadlines.after(needs.joinMs, () => {
      needs.turn(() => {
        const waiting = batch.some((room, at) => room.ch === firstCh + at && room.have === 'joining')
        if (waiting && answers > before) patience(batch, firstCh)
        else if (waiting) overdue(batch, firstCh)
      })
    })
  }

  return {
    at: (ch) => byCh.get(ch),
    want,
    leave: (room) => {
      if (room.ch !== 0) write({ t: 'leave', ch: room.ch })
      retire(room)
      forgetDetails(room)
      room.have = 'out'
      room.epoch = ''
      room.offset = 0
      room.granted = undefined
      needs.changed(room)
    },
    take: (count, bytes) => {
      const batch: RoomRecord[] = []
      let left = bytes
      for (const room of wanted) {
        left -= joinBytes(room)
        if (batch.length === count || left < 0) break
        wanted.delete(room)
        room.ch = byCh.add(room)
        batch.push(room)
      }
      const firstCh = batch[0]?.ch ?? 0
      if (batch.length > 0) patience(batch, firstCh)
      return batch.map(frame)
    },
    pending: () => wanted.size > 0,
    joined: (answer) => {
      answers++
      const room = byCh.get(answer.ch)
      if (!room) return
      const from = fromOf(room)
      const asked = from && 'epoch' in from ? from : undefined
      const base = { epoch: answer.epoch, offset: answer.base }
      const resumed = asked?.epoch === base.epoch && asked.offset === base.offset
      room.epoch = base.epoch
      room.offset = base.offset
      room.replayedTo = answer.head
      room.have = 'in'
      room.granted = grant(answer.info, answer.permissions)
      if (room.more) {
        delete room.more.refusal
        delete room.more.start
        room.more.retries = 0
        room.more.barred = false
      }
      needs.changed(room)
      if (asked && !resumed) needs.holed(room, gap(room.name, asked, base, answer.because ?? 'lost'))
      settle(room, E.right(room.granted))
    },
    left: (frame) => {
      const room = byCh.get(frame.ch)
      if (room) refuse(room, refused(room.name, frame), frame.code === 'room/kicked')
    },
    gap: ({ ch, from, to, because }) => {
      const room = byCh.get(ch)
      if (!room) return
      if (to.epoch !== room.epoch) room.replayedTo = 0
      room.epoch = to.epoch
      room.offset = to.offset
      needs.holed(room, gap(room.name, from, to, because))
    },
    reset: (rooms) => {
      byCh.clear()
      wanted.clear()
      for (const room of rooms) {
        room.ch = 0
        if (room.have === 'out' || (room.have === 'refused' && room.more?.barred)) continue
        room.more?.retry?.cancel()
        if (room.holds > 0) want(room)
        else {
          room.have = 'out'
          room.granted = undefined
          needs.changed(room)
        }
      }
    },
    again: (rooms, when) => {
      for (const room of rooms) if (room.have === 'refused' && room.holds > 0 && when(room)) want(room)
    },
  }
}

/** What was asked for, and what was answered, goes with the membership. */
const forgetDetails = ({ more }: RoomRecord): void => {
  if (!more) return
  more.retry?.cancel()
  delete more.ask
  delete more.start
  delete more.refusal
  more.barred = false
  more.retries = 0
}

const fromOf = (room: RoomRecord): From | undefined => positionOf(room) ?? room.more?.start

const frame = (room: RoomRecord): Join => {
  const from = fromOf(room)
  const ask = room.more?.ask
  return { t: 'join', ch: room.ch, room: room.name, want: wants, ...(from ? { from } : {}), ...ask }
}
const wants = ['messages', 'info'] as const

/** No less than what a join takes on the wire. */
const joinBytes = (room: RoomRecord): number => 160 + 6 * (room.name.length + (room.more?.ask?.password?.length ?? 0))

const settle = (room: RoomRecord, answer: E.Either<WebSocketError, RoomInfo>): void => {
  for (const answered of waitersOf(room)) answered(answer)
}

/** Most rooms of a server are entered alike: they share what they were granted. */
const grant = (info: Info, permissions: readonly Permission[]): RoomInfo => {
  if (Object.keys(info).length > 0) return { info, permissions }
  const key = permissions.join()
  const known = plainGrants.get(key)
  if (known) return known
  const fresh: RoomInfo = Object.freeze({ info: Object.freeze({}), permissions: Object.freeze([...permissions]) })
  if (plainGrants.size < 64) plainGrants.set(key, fresh)
  return fresh
}
const plainGrants = new Map<string, RoomInfo>()
