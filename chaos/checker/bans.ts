import type { Broken, ClientRecord } from '../history/record.js'
import { type Attendance, type Attendances, isSteady, isUndisturbed, sessionsIn } from './attendance.js'
import { hearMs, tellMs } from './delays.js'
import type { Logs } from './logs.js'
import type { Sanction, Sanctions } from './sanctions.js'
import type { Sends } from './sends.js'
import type { Tables } from './tables.js'
import type { Violations } from './violations.js'

/** The clients under kicks, bans and mutes. */
export interface Bans {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: Record<'kicks' | 'bans' | 'mutes' | 'ordered' | 'forbidden' | 'barred' | 'kicked' | 'absences' | 'removals' | 'returns', number> // prettier-ignore
}

/** A client that was refused a room asks again within so many ms. */
const againMs = 8_000

export const bans = (
  lives: Attendances,
  tables: Tables,
  sanctions: Sanctions,
  logs: Logs,
  sends: Sends,
  broken: readonly Broken[],
  { add }: Violations,
): Bans => {
  const counts = { kicks: 0, bans: 0, mutes: 0, ordered: 0, forbidden: 0, barred: 0, kicked: 0, absences: 0, removals: 0, returns: 0 } // prettier-ignore
  const refusals: { readonly id: string; readonly at: number; readonly kind: Sanction['kind'] }[] = []
  const sets = new Map<string, { readonly user: string; readonly at: number }>()
  const kinds = ['ban', 'mute'] as const
  const userOf = (lane: string): string => lane.split('.')[0] ?? lane

  /** Nobody writes to a room from which a ban or a mute keeps it. */
  const silent = (rooms: ReadonlySet<string>): void => {
    for (const id of logs.ids()) {
      const message = sends.of(id)
      if (!message || !rooms.has(message.room)) continue
      const { lane, room, invokedAt } = message
      const of = sanctions.certain(kinds, room, userOf(lane), invokedAt, logs.timeOf(id))
      if (of)
        add('ban/accepted', `${id} of ${lane}, sent at ${invokedAt}, is in the log, and ${shown(of)} held all the time`)
    }
    for (const room of rooms)
      for (const { at, value, isSeen } of tables.events('shared', room)) {
        const set = value === null || !isSeen ? undefined : sets.get(JSON.parse(value) as string)
        const of = set && sanctions.certain(kinds, room, set.user, set.at, at)
        if (set && of) add('ban/written', `${value} of ${set.user} is in ${room}, and ${shown(of)} held all the time`)
      }
  }
  /** Nobody is refused without a cause. */
  const founded = (): void => {
    for (const { id, at, kind } of refusals) {
      const message = sends.of(id)
      if (!message) continue
      counts.forbidden++
      const { lane, room, invokedAt } = message
      if (!sanctions.isPossible(kind, room, userOf(lane), invokedAt - hearMs, at))
        add('ban/unfounded', `${id} of ${lane} was refused at ${at}, and there was no ${kind}`)
    }
    for (const { life, user, meetings } of lives.all())
      for (const { room, number, barredAt, barredBy } of meetings) {
        const kind = causes.get(barredBy)
        if (!kind) continue
        counts[kind === 'ban' ? 'barred' : 'kicked']++
        if (!sanctions.isPossible(kind, room, user, barredAt - tellMs, barredAt))
          add(`${kind}/unfounded`, `${life}#${number} was kept from ${room} at ${barredAt}, and there was no ${kind}`)
      }
  }
  const users = new Set<string>()
  /** A fault that everybody feels disturbs the server. */
  const isServerSound = (from: number, until: number): boolean =>
    !broken.some(
      ([, at, to, , whom]) => at <= until && to >= from && whom.length > 0 && [...users].every((user) => whom.includes(user)), // prettier-ignore
    )
  /** Who is banned hears of it, and is in no table and no roster of members. */
  const away = (ban: Sanction): void => {
    const { room, user, orderedAt, from, until } = ban
    const settled = from + hearMs
    if (until <= settled || !isServerSound(orderedAt - hearMs, settled)) return
    if (!sanctions.certain(['ban'], room, user, settled, settled)) return
    counts.absences++
    for (const each of lives.all()) {
      if (each.user === user) told(ban, each)
      else if (isUndisturbed(each, broken, settled) && until > settled + hearMs)
        for (const meeting of each.meetings) {
          if (meeting.room !== room || meeting.from > settled || meeting.barredAt < settled + hearMs) continue
          if (sessionsIn(meeting, user, settled + hearMs).some((session) => !isOrphan(room, session, user, settled)))
            add('ban/seen', `${meeting.name} still had ${user} at ${settled + hearMs}, and ${shown(ban)} held`)
        }
    }
    if (isMember(room, user, settled))
      add('ban/member', `${user} was still a member of ${room} at ${settled}, and ${shown(ban)} held`)
    for (const { key, at, value, isSeen } of tables.events('members', room))
      if (isOf(key, user) && value !== null && isSeen && at > settled && at <= until && isServerSound(settled, at))
        add('ban/member', `${user} became a member of ${room} at ${at}, and ${shown(ban)} held`)
  }
  /** The member may be one of a server that is lost: it stays for the lease of that server. */
  const isOrphan = (room: string, session: string, user: string, at: number): boolean => {
    const showing = lives.showings(room, session).filter((each) => each.at < at).at(-1) // prettier-ignore
    return !showing || tables.isLost(user, showing.sentAt, at)
  }
  const isMember = (room: string, user: string, at: number): boolean => {
    const there = new Set<string>()
    for (const event of tables.events('members', room)) {
      if (event.at > at || !isOf(event.key, user)) continue
      if (event.value === null) there.delete(event.key)
      else there.add(event.key)
    }
    return [...there].some((key) => !isOrphan(room, sessionOf(key), user, at))
  }
  /** Who was in the room hears of the sanction, with its cause. */
  const told = ({ kind, id, room, user, orderedAt, from }: Sanction, life: Attendance): void => {
    if (!isSteady(life, orderedAt - hearMs, from + tellMs)) return
    for (const { name, room: of, from: since, barredAt, barredBy } of life.meetings) {
      if (of !== room || since > orderedAt - hearMs || barredAt < orderedAt) continue
      const where = `${name}, and ${id} was answered at ${from}`
      if (barredAt > from + tellMs) add(`${kind}/untold`, `${where}: it was not told`)
      else if (
        causes.get(barredBy) !== kind &&
        !others(kind).some((other) => sanctions.isPossible(other, room, user, orderedAt, barredAt))
      )
        // prettier-ignore
        add(`${kind}/cause`, `${where}: it was told ${barredBy}`)
    }
  }
  /** Who is kicked hears of it, and is dropped from the table of members. */
  const removed = (kick: Sanction): void => {
    const { room, user, orderedAt, from, id } = kick
    const settled = from + hearMs
    if (!kick.isAnswered || sanctions.isStale(orderedAt, settled) || !isServerSound(orderedAt - hearMs, settled)) return
    counts.removals++
    for (const life of lives.all()) {
      if (life.user !== user || !isSteady(life, orderedAt - hearMs, settled)) continue
      told(kick, life)
      const key = `${user}\n${life.session}`
      const events = tables.events('members', room).filter((event) => event.key === key)
      const before = events.filter(({ at }) => at <= orderedAt).at(-1)
      const isThere = before !== undefined && before.value !== null && !isOrphan(room, life.session, user, settled)
      if (isThere && !events.some(({ at, value }) => at >= orderedAt && at <= settled && value === null))
        add('kick/member', `${user} stayed a member of ${room} until ${settled}, and ${id} was answered at ${from}`)
    }
  }
  /** Who was kept from a room asks again, and comes back when nothing holds any more. */
  const back = (rooms: ReadonlySet<string>, isOver: (life: string) => boolean): void => {
    for (const { life, lastAt, meetings } of lives.all())
      for (const room of rooms) {
        const mine = meetings.filter((meeting) => meeting.room === room)
        counts.returns += mine.filter(
          ({ from }, at) => from < Infinity && mine[at - 1]?.barredBy === 'room/banned',
        ).length
        const last = mine.at(-1)
        if (isOver(life) && last && last.barredAt < lastAt - againMs)
          add('ban/stuck', `${last.name} was ended at ${last.barredAt}, and ${life} was not back at ${lastAt}`)
      }
  }
  return {
    counts,
    take: (life, record) => {
      if (record[0] === 'set') sets.set(record[2], { user: userOf(life), at: record[1] })
      if (record[0] === 'order') counts.ordered++
      if (record[0] !== 'refused') return
      if (record[4] === 'room/banned') refusals.push({ id: record[2], at: record[1], kind: 'ban' })
      if (record[4] === 'room/muted') refusals.push({ id: record[2], at: record[1], kind: 'mute' })
    },
    finish: (isOver) => {
      for (const { user } of lives.all()) users.add(user)
      const all = sanctions.all()
      const rooms = new Set(all.map(({ room }) => room))
      silent(rooms)
      founded()
      for (const each of all) {
        counts[`${each.kind}s`]++
        if (each.kind === 'ban') away(each)
        else if (each.kind === 'kick') removed(each)
      }
      back(rooms, isOver)
    },
  }
}

const shown = ({ kind, id, from, until }: Sanction): string => `the ${kind} ${id} (${from} to ${until})`

/** The codes with which a membership ends by a sanction. */
const causes: ReadonlyMap<string, 'ban' | 'kick'> = new Map([
  ['room/banned', 'ban'],
  ['room/kicked', 'kick'],
])
const others = (kind: Sanction['kind']): readonly ('ban' | 'kick')[] => (['ban', 'kick'] as const).filter((each) => each !== kind) // prettier-ignore

const sessionOf = (key: string): string => key.slice(key.lastIndexOf('\n') + 1)

/** True for the key of a row of a user. */
const isOf = (key: string, user: string): boolean => key.startsWith(`${user}\n`)
