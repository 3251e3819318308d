import * as E from '#fp/Either'
import type { Put, View } from '../../protocol/frame.js'
import { isLonger } from '../../protocol/utf8.js'
import { isReserved } from '../permissions.js'
import { refusal, type RefusalCode } from '../refusal.js'
import { refuseChannel } from '../refuse-frame.js'
import type { Member } from '../room.js'
import type { SessionRecord } from '../session-record.js'
import type { Tables, Write, WriteOutcome } from './model.js'
import { rowFrame, viewing, type Viewing } from './viewing.js'

/** The tables that one session views, and its writes to them. */
export interface SessionTables {
  readonly view: (frame: View, member: Member | undefined) => void
  readonly put: (frame: Put) => void
  /** Ends the views of a membership, and cancels the answer to a write. */
  readonly leave: (ch: number) => void
  /** Goes on where the connection had no room. */
  readonly drained: () => void
  /** Returns the number of unanswered writes. */
  readonly unanswered: () => number
  readonly close: () => void
}

/** The tables that clients may view and write. */
const known: ReadonlySet<string> = new Set(['shared'])

/** The most bytes of a value, so that every page fits into what every client takes. */
const valueBytes = 4_096

/** The most unanswered writes of a session. */
const mostWrites = 256

/** Creates the tables of a session, at the first use. */
export const sessionTables = (session: SessionRecord, tables: Tables): SessionTables => {
  const { shared, permissions, meter, codec, writer } = session
  const { context } = shared
  const views = new Map<number, Map<string, Viewing>>()
  const unanswered = new Set<number>()

  const answer = (ch: number, then: () => void): void => {
    if (unanswered.delete(ch)) then()
  }
  const refuse = (ch: number, code: RefusalCode, retryAfterMs?: number): void => {
    unanswered.delete(ch)
    refuseChannel(session, ch, refusal(code, retryAfterMs === undefined ? {} : { retryAfterMs }))
  }
  const settle = (ch: number, outcome: WriteOutcome | undefined): void => {
    switch (outcome?._tag) {
      case 'Written':
        writer.control({ t: 'put.ok', ch, version: outcome.version })
        return
      case 'Kept':
        writer.control({ t: 'kept', ch, ...(outcome.row && { row: rowFrame(outcome.row) }) })
        return
      case 'Full':
        refuse(ch, 'room/table-full')
        return
      case undefined:
        refuse(ch, 'room/unavailable')
    }
  }
  const write = (ch: number, room: string, of: string, row: Write): void => {
    context.engine(
      () => tables.write({ of, room }, [row]),
      (result) => {
        if (E.isLeft(result)) context.fault({ where: 'engine', message: result.left, room })
        answer(ch, () => {
          settle(ch, E.isLeft(result) ? undefined : result.right[0])
        })
      },
      meter,
    )
  }
  return {
    view: ({ ch, of, view, from }, member) => {
      views.get(ch)?.get(of)?.stop()
      views.get(ch)?.delete(of)
      if (view === 'none' || !known.has(of) || !member || member.phase === 'joining') return
      const ofRoom = views.get(ch) ?? new Map<string, Viewing>()
      views.set(ch, ofRoom.set(of, viewing(context, tables, member, of, from)))
    },
    put: ({ ch, room, of, key, value, ifNew, ifVersion }) => {
      if (unanswered.size >= mostWrites) {
        refuse(ch, 'room/busy')
        return
      }
      unanswered.add(ch)
      const retryAfterMs = meter.user().take('publishes')
      const text = value === undefined ? '' : codec.stored(value)
      if (retryAfterMs > 0) refuse(ch, 'delivery/rate', retryAfterMs)
      else if (isLonger(text, valueBytes)) refuse(ch, 'delivery/too-large')
      else if (isReserved(room) || !known.has(of)) refuse(ch, 'delivery/forbidden')
      else
        permissions.of(room, (granted) => {
          if (!unanswered.has(ch) || session.connection.isFenced) return
          if (E.isLeft(granted)) refuse(ch, 'delivery/unchecked')
          else if (!granted.right.includes('publish')) refuse(ch, 'delivery/forbidden')
          else {
            const condition = ifVersion === undefined ? {} : { ifVersion }
            write(
              ch,
              room,
              of,
              value === undefined
                ? { _tag: 'Drop', key, cause: 'dropped', ...condition }
                : { _tag: 'Put', key, value: text, ...(ifNew && { ifNew }), ...condition },
            )
          }
        })
    },
    leave: (ch) => {
      for (const each of views.get(ch)?.values() ?? []) each.stop()
      views.delete(ch)
      unanswered.delete(ch)
    },
    drained: () => {
      for (const ofRoom of views.values()) for (const each of ofRoom.values()) each.drained()
    },
    unanswered: () => unanswered.size,
    close: () => {
      for (const ofRoom of views.values()) for (const each of ofRoom.values()) each.stop()
      views.clear()
      unanswered.clear()
    },
  }
}
