import type { Broken, ClientRecord, Delivered, Hole } from '../history/record.js'
import { excuses } from './felt.js'
import type { Logs, Place } from './logs.js'
import type { Violations } from './violations.js'

/** A subscription to a room, as far as its life has told. */
export interface StreamState {
  readonly life: string
  readonly number: number
  readonly room: string
  readonly openedAt: number
  /** Unknown before the server has said where it begins. */
  epoch: string | undefined
  offset: number
  place: Place
}

/** All streams of all lives: each follows the log of its room, and its holes are true. */
export interface Streams {
  /** The stream that moved on, if one did. */
  readonly take: (life: string, record: ClientRecord) => StreamState | undefined
  /** `events`: deliveries of events for a user or for all. */
  readonly counts: { deliveries: number; events: number; gaps: number; missing: number }
}

export const streams = (logs: Logs, broken: readonly Broken[], { add }: Violations): Streams => {
  const states = new Map<string, StreamState>()
  const counts = { deliveries: 0, events: 0, gaps: 0, missing: 0 }

  const named = ({ life, number, room }: StreamState): string => `${life}#${number} of ${room}`
  const move = (stream: StreamState, epoch: string, offset: number): void => {
    stream.epoch = epoch
    stream.offset = offset
    stream.place = logs.place(stream.room, epoch, offset) ?? stream.place
  }
  const deliver = (stream: StreamState, [, , , epoch, offset, id, data]: Delivered): void => {
    counts.deliveries++
    if (stream.room.startsWith('@')) counts.events++
    const there = logs.at(stream.room, epoch, offset)
    if (there !== id)
      add('stream/wrong', `${named(stream)} got ${id} at ${epoch} ${offset}, where there is ${there ?? 'nothing'}`)
    else if (data !== id)
      add('stream/payload', `${named(stream)} got ${id} at ${epoch} ${offset} with the payload of ${data}`)
    if (stream.epoch === undefined) move(stream, epoch, offset - 1)
    if (epoch !== stream.epoch) {
      add(
        'stream/epoch',
        `${named(stream)} went from ${stream.epoch ?? ''} ${stream.offset} to ${epoch} ${offset} without a gap`,
      )
      move(stream, epoch, offset)
    } else if (offset <= stream.offset) {
      add('stream/repeated', `${named(stream)} got ${epoch} ${offset} after ${stream.offset}`)
    } else {
      if (offset > stream.offset + 1)
        add('stream/hole', `${named(stream)} got ${epoch} ${offset} after ${stream.offset}`)
      move(stream, epoch, offset)
    }
  }
  const hole = (stream: StreamState, [, at, , from, to, because]: Hole): void => {
    counts.gaps++
    const where = `${named(stream)}: a gap from ${from.join(' ')} to ${to.join(' ')} (${because})`
    if (stream.epoch === undefined) move(stream, ...from)
    if (from[0] !== stream.epoch || from[1] !== stream.offset)
      add('gap/place', `${where} at ${stream.epoch ?? 'nowhere'} ${stream.offset}`)
    if (from[0] === to[0]) {
      counts.missing += to[1] - from[1]
      if (to[1] <= from[1]) add('gap/empty', where)
      if (because !== 'truncated') add('gap/because', where)
    } else if (because !== 'epoch') add('gap/because', where)
    else if (!logs.isBorn(stream.room, to[0], at)) add('gap/available', `${where} to a log that had not begun`)
    else if ((logs.place(stream.room, ...to) ?? 0) < stream.place) add('gap/backwards', where)
    if (to[1] > 0 && !logs.isGone(stream.room, to[0], to[1], at))
      add('gap/available', `${where}, and the room still had them`)
    if (!excused(stream.life, from[0] === to[0] ? 'cut' : 'epoch', at))
      add('gap/unexcused', `${where} although nothing had made it`)
    move(stream, ...to)
  }
  const excused = (life: string, what: 'cut' | 'epoch', at: number): boolean =>
    broken.some((fault) => excuses(fault, life, what) && fault[1] <= at)

  return {
    counts,
    take: (life, record) => {
      if (record[0] === 'opened') {
        const [, at, number, room] = record
        const stream: StreamState = { life, number, room, openedAt: at, epoch: undefined, offset: 0, place: -1 }
        states.set(`${life}#${number}`, stream)
        return stream
      }
      if (record[0] !== 'began' && record[0] !== 'delivered' && record[0] !== 'gap') return undefined
      const stream = states.get(`${life}#${record[2]}`)
      if (!stream) {
        add('stream/unknown', `${life}#${record[2]} says something before it was opened`)
        return undefined
      }
      if (record[0] === 'began') {
        if (stream.epoch === undefined) move(stream, record[3], record[4])
      } else if (record[0] === 'delivered') deliver(stream, record)
      else hole(stream, record)
      return stream
    },
  }
}
