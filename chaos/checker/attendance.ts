import type { Broken, ClientRecord, Present } from '../history/record.js'
import { hearMs } from './delays.js'
import { feels } from './felt.js'

/** One watch of a room by one life. */
export interface Meeting {
  readonly name: string
  readonly life: string
  readonly room: string
  readonly number: number
  /** When its first roster came. */
  from: number
  first: readonly Present[]
  /** When the server ended it, and with which code. */
  barredAt: number
  barredBy: string
  readonly changes: { readonly at: number; readonly session: string; readonly user: string; readonly tag: string; readonly cause: string }[] // prettier-ignore
  end: { readonly isLive: boolean; readonly members: readonly Present[] } | undefined
}

/** The server has shown a session in a room. */
export interface Showing {
  readonly life: Attendance
  readonly sentAt: number
  readonly at: number
}

/** One life in the rooms whose members it watches. */
export interface Attendance {
  readonly life: string
  readonly user: string
  session: string
  readonly bornAt: number
  lastAt: number
  endedAt: number
  /** The changes of its connection. */
  readonly states: { readonly at: number; readonly tag: string }[]
  readonly meetings: Meeting[]
  /** The last state that it set, by room. */
  readonly poses: Map<string, number>
  readonly sessions: Set<string>
}

/** All lives, in their rooms. */
export interface Attendances {
  readonly take: (life: string, record: ClientRecord) => Attendance | undefined
  readonly all: () => Iterable<Attendance>
  /** The times at which a session was shown in a room, in order of the answers. */
  readonly showings: (room: string, session: string) => readonly Showing[]
  readonly bySession: (session: string) => readonly Attendance[]
}

export const attendances = (): Attendances => {
  const lives = new Map<string, Attendance>()
  const shown = new Map<string, Showing[]>()

  const begin = (life: string, at: number): Attendance => {
    const made: Attendance = {
      life,
      user: life.split('.')[0] ?? life,
      session: '',
      bornAt: at,
      lastAt: at,
      endedAt: Infinity,
      states: [],
      meetings: [],
      poses: new Map(),
      sessions: new Set(),
    }
    lives.set(life, made)
    return made
  }
  return {
    take: (life, record) => {
      const of = lives.get(life) ?? begin(life, record[1])
      of.lastAt = Math.max(of.lastAt, record[1])
      switch (record[0]) {
        case 'session':
          of.session = record[2]
          of.sessions.add(record[2])
          break
        case 'state':
          of.states.push({ at: record[1], tag: record[2] })
          break
        case 'met': {
          const [, , number, room] = record
          const name = `${life}#${number} of ${room}`
          of.meetings.push({ name, life, room, number, from: Infinity, first: [], barredAt: Infinity, barredBy: '', changes: [], end: undefined }) // prettier-ignore
          break
        }
        case 'barred':
          for (const each of of.meetings)
            if (each.number === record[2]) Object.assign(each, { barredAt: record[1], barredBy: record[3] })
          break
        case 'pose':
          of.poses.set(record[2], record[3])
          break
        case 'shown': {
          const [, at, room, sentAt] = record
          const key = `${room}\n${of.session}`
          shown.set(key, [...(shown.get(key) ?? []), { life: of, sentAt, at }])
          break
        }
        case 'ended':
          of.endedAt = record[1]
          break
        default:
      }
      return of
    },
    all: () => lives.values(),
    showings: (room, session) => shown.get(`${room}\n${session}`) ?? [],
    bySession: (session) => [...lives.values()].filter(({ sessions }) => sessions.has(session)),
  }
}

/** True for a life that was there and online, and did not lose its connection, all the time. */
export const isSteady = ({ states, bornAt, lastAt }: Attendance, from: number, until: number): boolean =>
  bornAt <= from &&
  lastAt >= until &&
  states.filter(({ at }) => at < from).at(-1)?.tag === 'Online' &&
  !states.some(({ at }) => at >= from && at <= until)

/** True for a life that nothing has disturbed around a time. */
export const isUndisturbed = (life: Attendance, broken: readonly Broken[], at: number): boolean =>
  isSteady(life, at - hearMs, at + hearMs) &&
  !broken.some((fault) => feels(fault, life.life) && fault[1] <= at + hearMs && fault[2] >= at - 2 * hearMs)

/** The sessions of a user that a meeting had at a time, as it was told. */
export const sessionsIn = ({ first, changes }: Meeting, user: string, at: number): readonly string[] => {
  const sessions = new Set(first.flatMap(([session, of]) => (of === user ? [session] : [])))
  for (const change of changes) {
    if (change.at > at || change.user !== user) continue
    if (change.tag === 'Left') sessions.delete(change.session)
    else sessions.add(change.session)
  }
  return [...sessions]
}
