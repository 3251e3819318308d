import type { Broken, ClientRecord } from '../history/record.js'
import { type Attendance, type Attendances, hasUser, isSteady, isUndisturbed } from './attendance.js'
import { hearMs, tellMs } from './delays.js'
import type { Logs } from './logs.js'
import type { Sanction, Sanctions } from './sanctions.js'
import type { Sends } from './sends.js'
import type { Tables } from './tables.js'
import type { Violations } from './violations.js'

/** The clients under bans and mutes. */
export interface Bans {
  readonly take: (life: string, record: ClientRecord) => void
  /** To be called after all lives. */
  readonly finish: (isOver: (life: string) => boolean) => void
  readonly counts: { bans: number; mutes: number; forbidden: number; barred: number; absences: number; returns: number }
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
  const counts = { bans: 0, mutes: 0, forbidden: 0, barred: 0, absences: 0, returns: 0 }
  const refusals: { readonly id: string; readonly at: number; readonly kind: Sanction['kind'] }[] = []
  const sets = new Map<string, { readonly user: string; readonly at: number }>()
  const kinds = ['ban', 'mute'] as const
  const rooms = new Set(sanctions.all.map(({ room }) => room))
  const userOf = (lane: string): string => lane.split('.')[0] ?? lane

  /** Nobody writes to a room from which a ban or a mute keeps it. */
  const silent = (): void => {
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
        if (barredBy !== 'room/banned') continue
        counts.barred++
        if (!sanctions.isPossible('ban', room, user, barredAt - tellMs, barredAt))
          add('ban/unfounded', `${life}#${number} was kept from ${room} at ${barredAt}, and there was no ban`)
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
          if (hasUser(meeting, user, settled + hearMs))
            add('ban/seen', `${meeting.name} still had ${user} at ${settled + hearMs}, and ${shown(ban)} held`)
        }
    }
    if (isMember(room, user, settled))
      add('ban/member', `${user} was still a member of ${room} at ${settled}, and ${shown(ban)} held`)
    for (const { key, at, value, isSeen } of tables.events('members', room))
      if (isOf(key, user) && value !== null && isSeen && at > settled && at <= until && isServerSound(settled, at))
        add('ban/member', `${user} became a member of ${room} at ${at}, and ${shown(ban)} held`)
  }
  const isMember = (room: string, user: string, at: number): boolean => {
    const there = new Set<string>()
    for (const event of tables.events('members', room)) {
      if (event.at > at || !isOf(event.key, user)) continue
      if (event.value === null) there.delete(event.key)
      else there.add(event.key)
    }
    return there.size > 0
  }
  const told = ({ id, room, orderedAt, from }: Sanction, life: Attendance): void => {
    if (!isSteady(life, orderedAt - hearMs, from + tellMs)) return
    for (const { name, room: of, from: since, barredAt } of life.meetings)
      if (of === room && since <= orderedAt - hearMs && barredAt >= orderedAt && barredAt > from + tellMs)
        add('ban/untold', `${name} was not told of ${id}, which was answered at ${from}`)
  }
  /** Who was kept from a room asks again, and comes back when nothing holds any more. */
  const back = (isOver: (life: string) => boolean): void => {
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
      if (record[0] !== 'refused') return
      if (record[4] === 'room/banned') refusals.push({ id: record[2], at: record[1], kind: 'ban' })
      if (record[4] === 'room/muted') refusals.push({ id: record[2], at: record[1], kind: 'mute' })
    },
    finish: (isOver) => {
      for (const { user } of lives.all()) users.add(user)
      for (const each of sanctions.all) counts[each.kind === 'ban' ? 'bans' : 'mutes']++
      silent()
      founded()
      for (const each of sanctions.all) if (each.kind === 'ban') away(each)
      back(isOver)
    },
  }
}

const shown = ({ kind, id, from, until }: Sanction): string => `the ${kind} ${id} (${from} to ${until})`

/** True for the key of a row of a user. */
const isOf = (key: string, user: string): boolean => key.startsWith(`${user}\n`)
