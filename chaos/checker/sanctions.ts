import type { Broken, Ordering, ServerRecord } from '../history/record.js'
import { exactMs, hearMs, tellMs } from './delays.js'

/** A ban or a mute that the server has ordered. */
export interface Sanction {
  readonly kind: 'ban' | 'mute'
  readonly id: string
  readonly room: string
  readonly user: string
  readonly orderedAt: number
  /** From then until then it was certainly in force: it was answered, and not yet over, lifted or lost. */
  readonly from: number
  readonly until: number
  /** Later than that nobody can be affected by it. */
  readonly latest: number
}

/** The bans and mutes of a run, as its servers wrote their orders down. */
export interface Sanctions {
  readonly all: readonly Sanction[]
  /** One that was certainly in force all the time between. */
  readonly certain: (kinds: readonly Sanction['kind'][], room: string, user: string, from: number, until: number) => Sanction | undefined // prettier-ignore
  /** True where one may have been in force at some time between. */
  readonly isPossible: (kind: Sanction['kind'], room: string, user: string, from: number, until: number) => boolean
}

/** A server knows of an order so many ms after the answer to it: both come from the engine. */
const knownMs = 50
/** An order that nobody answered is executed within so many ms, or never. */
const pendingMs = 3_000

interface Order {
  readonly order: Ordering
  answeredAt: number
}

/** How far the calendar of the server is from that of the machine, from that time on. */
type Calendar = readonly (readonly [at: number, ms: number])[]

export const readSanctions = (server: Iterable<ServerRecord>, broken: readonly Broken[]): Sanctions => {
  const orders = new Map<string, Order>()
  const calendar: [number, number][] = [[-Infinity, 0]]
  for (const record of server) {
    if (record[0] === 'order') orders.set(record[2], { order: record, answeredAt: Infinity })
    else if (record[0] === 'ordered' && record[3] === '') {
      const known = orders.get(record[2])
      if (known) known.answeredAt = record[1]
    } else if (record[0] === 'serving') calendar.push([record[1], 0])
    else if (record[0] === 'dated') calendar.push([record[1], record[2]])
  }
  const byTarget = new Map<string, Order[]>()
  const keyOf = (kind: string, room: string, user: string): string => `${kind} ${room} ${user}`
  for (const each of orders.values()) {
    const [, , , kind, room, user] = each.order
    const key = keyOf(kind.replace('un', ''), room, user)
    byTarget.set(key, [...(byTarget.get(key) ?? []), each])
  }
  /** Losses of the engine's data. */
  const lost = broken.filter(([, , , , , entails]) => entails.includes('epoch')).map(([, at]) => at)

  const known = new Map<string, readonly Sanction[]>()
  for (const [key, each] of byTarget)
    known.set(
      key,
      each.flatMap((order, at) => sanctionOf(order, each.slice(0, at), each.slice(at + 1), calendar, lost) ?? []),
    )
  const of = (kind: string, room: string, user: string): readonly Sanction[] => known.get(keyOf(kind, room, user)) ?? []
  /** Servers that know late what the engine has. */
  const isStale = (from: number, until: number): boolean =>
    broken.some(([, at, to, , , entails]) => entails.includes('stale') && at <= until && to + tellMs >= from)

  return {
    all: [...known.values()].flat(),
    certain: (kinds, room, user, from, until) =>
      kinds
        .flatMap((kind) => of(kind, room, user))
        .find((each) => from >= each.from && until <= each.until && !isStale(each.orderedAt, until)),
    isPossible: (kind, room, user, from, until) =>
      of(kind, room, user).some(({ orderedAt, latest }) => orderedAt <= until + exactMs && latest >= from),
  }
}

const sanctionOf = (
  { order: [, orderedAt, id, kind, room, user, forMs], answeredAt }: Order,
  before: readonly Order[],
  after: readonly Order[],
  calendar: Calendar,
  lost: readonly number[],
): Sanction | undefined => {
  if (kind !== 'ban' && kind !== 'mute') return undefined
  const dated = calendar.filter(([at]) => at <= orderedAt).at(-1)?.[1] ?? 0
  /** The end by the calendar of the machine, for a server whose own is right. */
  const end = orderedAt + dated + forMs
  const pending = before.filter((each) => each.answeredAt === Infinity).map(({ order }) => order[1] + pendingMs)
  const next = after[0]?.order[1] ?? Infinity
  const lifted = after.find((each) => each.answeredAt < Infinity)?.answeredAt ?? Infinity
  const later = calendar.filter(([at], index) => at < lifted && (calendar[index + 1]?.[0] ?? Infinity) > orderedAt)
  const lostAt = lost.find((at) => at >= orderedAt) ?? Infinity
  return {
    kind,
    id,
    room,
    user,
    orderedAt,
    from: Math.max(answeredAt + knownMs, ...pending),
    until: Math.min(next, lostAt, firstAt(end, orderedAt, calendar)) - exactMs,
    latest: Math.min(lifted, end - Math.min(...later.map(([, ms]) => ms))) + hearMs,
  }
}

/** The first time, not before `since`, at which a calendar shows an end. */
const firstAt = (end: number, since: number, calendar: Calendar): number => {
  for (const [index, [at, ms]] of calendar.entries()) {
    const next = calendar[index + 1]?.[0] ?? Infinity
    const reached = Math.max(end - ms, at, since)
    if (next > since && reached < next) return reached
  }
  return Infinity
}
