import type { View } from '../../protocol/frame.js'
import { isOfRooms } from '../../protocol/listed-room.js'
import { DIRECTORY, isReserved } from '../../protocol/reserved.js'
import { ROOM } from '../../protocol/room-info.js'
import { sessionAsks, type SessionAsks } from '../asks/session-asks.js'
import { sessionDirectory, type SessionDirectory } from '../directory/session-directory.js'
import type { Lives } from '../life/lives.js'
import { roomView } from '../life/room-view.js'
import type { Member } from '../room.js'
import type { SessionRecord } from '../session-record.js'
import type { NodeTables, Viewing } from './node-tables.js'
import { sessionPuts, type SessionPuts } from './session-puts.js'

/** The tables that one session views, and its writes to them. */
export interface SessionTables extends SessionPuts, Pick<SessionAsks, 'ask' | 'cancel'> {
  readonly view: (frame: View, member: Member | undefined) => void
  /** Goes on where the connection had no room. */
  readonly drained: () => void
  /** The roles of the user have changed. */
  readonly renewed: () => void
}

/** Creates the tables of a session, at the first use. */
export const sessionTables = (session: SessionRecord, node: NodeTables): SessionTables => {
  const views = new Map<number, Map<string, Viewing>>()
  const puts = sessionPuts(session, node)
  const asks = sessionAsks(session, node.asks)
  const behind = new Set<Viewing>()
  let rooms: SessionDirectory | undefined

  const end = (viewing: Viewing): void => {
    behind.delete(viewing)
    viewing.stop()
  }
  const stop = (ch: number): void => {
    for (const each of views.get(ch)?.values() ?? []) end(each)
    views.delete(ch)
  }
  const begin = (frame: View, member: Member): Viewing | undefined => {
    const { lives } = session.shared
    if (member.room.name === DIRECTORY) {
      if (!isOfRooms(frame.of)) return undefined
      rooms ??= sessionDirectory(session, node.directory, (viewing) => behind.add(viewing))
      return rooms.view(member, frame)
    }
    if (isReserved(member.room.name)) return undefined
    if (frame.of === ROOM && lives) return viewLife(lives, member, frame)
    const kind = node.kind(frame.of)
    const shown: View = kind?.isSecret ? { ...frame, view: 'count' } : frame
    return kind && node.view(member, shown, (viewing) => behind.add(viewing))
  }
  /** Views the record of a room; one without a life is followed from now on. */
  const viewLife = (lives: Lives, member: Member, frame: View): Viewing | undefined => {
    session.shared.rooms.live(member.room.name)
    return member.room.life && roomView(lives, member.room.life, member, frame)
  }
  return {
    ...puts,
    ask: asks.ask,
    cancel: asks.cancel,
    unanswered: () => puts.unanswered() + asks.unanswered(),
    view: (frame, member) => {
      const { ch, of, view } = frame
      const before = views.get(ch)?.get(of)
      if (before) end(before)
      views.get(ch)?.delete(of)
      if (view === 'none' || !member || member.phase === 'joining') return
      const viewing = begin(frame, member)
      if (viewing) views.set(ch, (views.get(ch) ?? new Map<string, Viewing>()).set(of, viewing))
    },
    drained: () => {
      for (const each of [...behind]) {
        behind.delete(each)
        each.advance()
      }
    },
    renewed: () => {
      rooms?.renewed()
    },
    leave: (ch, cause) => {
      stop(ch)
      puts.leave(ch, cause)
    },
    close: (how) => {
      for (const ch of [...views.keys()]) stop(ch)
      asks.close()
      puts.close(how)
    },
  }
}
