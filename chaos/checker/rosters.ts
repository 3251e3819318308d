import type { Broken, ClientRecord, Present } from '../history/record.js'
import { type Attendance, type Attendances, isSteady, isUndisturbed, type Meeting, type Showing } from './attendance.js'
import { exactMs, hearMs, tellMs } from './delays.js'
import type { PresenceTerms } from './evidence.js'
import type { Sanctions } from './sanctions.js'
import type { TableEvent, Tables } from './tables.js'
import type { Violations } from './violations.js'

/** The rosters of all observers, and the members that they are of. */
export interface Rosters {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: { changes: number; left: number; kicksSeen: number }
}

const { parse } = JSON
/** True for a row of a member that is expected to leave. */
const isLeaving = (value: string): boolean => (parse(value) as readonly unknown[]).length > 1

export const rosters = (
  all: Attendances,
  tables: Tables,
  sanctions: Sanctions,
  broken: readonly Broken[],
  { quietMs, graceMs }: PresenceTerms,
  { add }: Violations,
): Rosters => {
  const folds = new Map<string, Map<string, Present>>()
  const counts = { changes: 0, left: 0, kicksSeen: 0 }
  /** The drops of a room, by session. */
  const drops = new Map<string, TableEvent[]>()
  const sessionOf = (key: string): string => key.slice(key.lastIndexOf('\n') + 1)
  for (const room of tables.rooms('members'))
    for (const event of tables.events('members', room)) {
      const key = `${room}\n${sessionOf(event.key)}`
      if (event.value === null) drops.set(key, [...(drops.get(key) ?? []), event])
    }

  const meetingOf = (of: Attendance, number: number): Meeting | undefined =>
    of.meetings.find((each) => each.number === number)

  const change = (meeting: Meeting, record: Extract<ClientRecord, readonly ['member', ...unknown[]]>): void => {
    const [, at, , tag, session, user, state, cause] = record
    const fold = folds.get(meeting.name) ?? new Map<string, Present>()
    folds.set(meeting.name, fold)
    counts.changes++
    meeting.changes.push({ at, session, user, tag, cause })
    const where = `${meeting.name}: ${user} ${session} is told as ${tag} (${cause}) at ${at}`
    if (tag === 'Joined' && fold.has(session)) add('roster/twice', `${where}, and was there`)
    if (tag !== 'Joined' && !fold.has(session)) add('roster/unknown', `${where}, and was not there`)
    if (tag !== 'Left') {
      fold.set(session, [session, user, state])
      return
    }
    counts.left++
    fold.delete(session)
    const isFounded = (drops.get(`${meeting.room}\n${session}`) ?? []).some(
      (event) => event.at <= at && (event.cause === cause || event.cause === '?'),
    )
    if (cause !== 'reconcile' && !isFounded) add('roster/unfounded', `${where}, and was not dropped so`)
  }
  const roster = (meeting: Meeting, at: number, isFinal: number, isLive: number, members: readonly Present[]): void => {
    const fold = folds.get(meeting.name)
    if (isFinal === 0) {
      meeting.from = at
      meeting.first = members
      folds.set(meeting.name, new Map(members.map((member) => [member[0], member])))
      return
    }
    meeting.end = { isLive: isLive === 1, members }
    if (fold && shown([...fold.values()]) !== shown(members))
      add('roster/changes', `${meeting.name} was told of ${shown([...fold.values()])}, and has ${shown(members)}`)
  }

  /** The last answer before a time that says that the session is shown. */
  const shownBefore = (room: string, session: string, at: number): Showing | undefined =>
    all.showings(room, session).filter((showing) => showing.at < at).at(-1) // prettier-ignore

  /** A member whose link is not lost, or for a moment only, is not told as leaving, and does not leave. */
  const lost = (room: string, event: TableEvent, needsMs: number): void => {
    const showing = shownBefore(room, sessionOf(event.key), event.at)
    if (!showing) return
    const { life, sentAt, at } = showing
    const where = `${life.life} in ${room} ${event.value === null ? `left (${event.cause})` : 'was leaving'} at ${event.at}`
    if (event.at - sentAt < needsMs - exactMs)
      add('roster/hasty', `${where}, and had asked to be shown at ${sentAt}: ${needsMs} ms are promised`)
    else if (isSteady(life, at, event.at + tellMs)) add('roster/untimely', `${where}, and was online from ${at} on`)
  }
  const dropped = (room: string, event: TableEvent): void => {
    const { at, key, cause } = event
    const session = sessionOf(key)
    const user = key.slice(0, -session.length - 1)
    const where = `${user} ${session} left ${room} (${cause}) at ${at}`
    switch (cause) {
      case '?':
        break
      case 'grace':
      case 'expired':
        lost(room, event, quietMs + graceMs)
        break
      case 'node': {
        const from = shownBefore(room, session, at)?.sentAt ?? -Infinity
        if (!tables.isLost(user, from, at) && !tables.isFailed(user, from, at))
          add('roster/node', `${where}, and was shown by a server that still served`)
        break
      }
      case 'kicked':
        if (!sanctions.isPossible('kick', room, user, at - tellMs, at))
          add('roster/kicked', `${where}, and nobody had removed it`)
        else seen(room, event)
        break
      case 'banned':
        if (!sanctions.isPossible('ban', room, user, at - hearMs, at))
          add('roster/banned', `${where}, and nobody had banned it`)
        break
      case 'left':
        if (!all.bySession(session).some((life) => hasLeft(life, room, at)))
          add('roster/left', `${where}, and did not want to`)
        break
      default:
        add('roster/cause', where)
    }
  }
  const hasLeft = ({ endedAt, meetings }: Attendance, room: string, at: number): boolean =>
    endedAt <= at || meetings.some((meeting) => meeting.room === room && meeting.barredAt <= at)

  /** Everybody who is not disturbed sees a member that was removed leave because of it. */
  const seen = (room: string, { at, key }: TableEvent): void => {
    const session = sessionOf(key)
    const isBack = tables.events('members', room).some((event) => event.key === key && event.value !== null && event.at >= at && event.at <= at + hearMs) // prettier-ignore
    if (isBack) return
    for (const life of all.all()) {
      if (life.sessions.has(session) || !isUndisturbed(life, broken, at)) continue
      for (const { name, room: of, from, barredAt, changes } of life.meetings) {
        if (of !== room || from > at - hearMs || barredAt < at + hearMs) continue
        counts.kicksSeen++
        const told = changes.some((each) => each.session === session && each.tag === 'Left' && each.cause === 'kicked' && each.at >= at - exactMs && each.at <= at + hearMs) // prettier-ignore
        if (!told) add('kick/unseen', `${name} did not see that ${session} was removed at ${at}`)
      }
    }
  }
  /** At the end everybody sees everybody who is there, with the state that it has set last. */
  const ends = (isOver: (life: string) => boolean): void => {
    const expected = new Map<string, Present[]>()
    const last = [...all.all()].flatMap((life) =>
      life.meetings.flatMap((meeting) =>
        meeting.barredAt === Infinity && isOver(life.life) ? [{ life, meeting }] : [],
      ),
    )
    for (const { life, meeting } of last) {
      const members = expected.get(meeting.room) ?? []
      members.push([life.session, life.user, life.poses.get(meeting.room) ?? null])
      expected.set(meeting.room, members)
    }
    for (const { meeting } of last) {
      const { name, room, end } = meeting
      const goal = shown(expected.get(room) ?? [])
      if (!end?.isLive) add('roster/end', `${name} had no live roster at the end`)
      else if (shown(end.members) !== goal)
        add('roster/end', `${name} ended with ${shown(end.members)}; there were ${goal}`)
    }
  }

  return {
    counts,
    take: (life, record) => {
      const of = all.take(life, record)
      if (!of) return
      if (record[0] === 'barred' && record[3] !== 'room/kicked' && record[3] !== 'room/banned')
        add('meeting/told', `${life}#${record[2]} was told ${record[3]}`)
      const meeting = record[0] === 'member' || record[0] === 'roster' ? meetingOf(of, record[2]) : undefined
      if (!meeting) return
      if (record[0] === 'member') change(meeting, record)
      else if (record[0] === 'roster') roster(meeting, record[1], record[3], record[4], record[5])
    },
    finish: (isOver) => {
      for (const room of tables.rooms('members'))
        for (const event of tables.events('members', room)) {
          if (event.value === null) dropped(room, event)
          else if (event.isSeen && isLeaving(event.value)) lost(room, event, quietMs)
        }
      ends(isOver)
    },
  }
}

const shown = (members: readonly Present[]): string =>
  members
    .map(([session, user, state]) => `${user} ${session.slice(0, 6)} ${state ?? '–'}`)
    .sort()
    .join(', ')
