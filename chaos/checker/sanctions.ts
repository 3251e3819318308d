import type { Broken, ClientRecord, Ordering, ServerRecord } from '../history/record.js'
import { exactMs, hearMs, tellMs } from './delays.js'

/** A ban, a mute or a kick that was ordered. */
export interface Sanction {
  readonly kind: 'ban' | 'mute' | 'kick'
  readonly id: string
  readonly room: string
  readonly user: string
  readonly orderedAt: number
  /** The order was answered: it was executed before. */
  readonly isAnswered: boolean
  /** From then until then it was certainly in force: it was answered, and not yet over, lifted or lost. */
  readonly from: number
  readonly until: number
  /** Later than that nobody can be affected by it. */
  readonly latest: number
}

/** The sanctions of a run, as those who ordered them wrote them down. */
export interface Sanctions {
  /** Hears of the orders that clients give. The others are to be called after all lives. */
  readonly take: (life: string, record: ClientRecord) => void
  readonly all: () => readonly Sanction[]
  /** One that was certainly in force all the time between. */
  readonly certain: (kinds: readonly Sanction['kind'][], room: string, user: string, from: number, until: number) => Sanction | undefined // prettier-ignore
  /** True where one may have been in force at some time between. */
  readonly isPossible: (kind: Sanction['kind'], room: string, user: string, from: number, until: number) => boolean
  /** True where servers may have known late then what the engine had. */
  readonly isStale: (from: number, until: number) => boolean
}

/** A server knows of an order so many ms after the answer to it: both come from the engine. */
const knownMs = 50
/** An order of a server that nobody answered is executed within so many ms, or never. */
const pendingMs = 3_000
/** An order of a client waits for a link, and its bytes may wait on the way. */
const clientPendingMs = 20_000

/** The answers to orders that were not executed. */
const refused = /^(room\/(forbidden|banned|kicked|invalid)|delivery\/rate)$/

interface Order {
  readonly order: Ordering
  readonly lateMs: number
  answeredAt: number
}

/** When an order was executed at the latest. */
const doneBy = ({ order, lateMs, answeredAt }: Order): number => Math.min(answeredAt, order[1] + lateMs)

/** How far the calendar of the servers is from that of the machine, from that time on. */
type Calendar = readonly (readonly [at: number, ms: number])[]

export const readSanctions = (server: Iterable<ServerRecord>, broken: readonly Broken[]): Sanctions => {
  const orders = new Map<string, Order>()
  const calendar: [number, number][] = [[-Infinity, 0]]
  const note = (record: ClientRecord | ServerRecord, lateMs: number): void => {
    if (record[0] === 'order') orders.set(record[2], { order: record, lateMs, answeredAt: Infinity })
    else if (record[0] === 'ordered') {
      const [, at, id, code] = record
      const known = orders.get(id)
      if (known && code === '') known.answeredAt = at
      else if (refused.test(code)) orders.delete(id)
    }
  }
  for (const record of server)
    if (record[0] === 'dated') calendar.push([record[1], record[2]])
    else note(record, pendingMs)
  /** Losses of the engine's data. */
  const lost = broken.filter(([, , , , , entails]) => entails.includes('epoch')).map(([, at]) => at)
  const keyOf = (kind: string, room: string, user: string): string => `${kind} ${room} ${user}`

  const read = (): ReadonlyMap<string, readonly Sanction[]> => {
    const byTarget = new Map<string, Order[]>()
    for (const each of [...orders.values()].sort((a, b) => a.order[1] - b.order[1])) {
      const [, , , kind, room, user] = each.order
      const key = keyOf(kind.replace('un', ''), room, user)
      byTarget.set(key, [...(byTarget.get(key) ?? []), each])
    }
    return new Map(
      [...byTarget].map(([key, each]) => [
        key,
        each.flatMap((order, at) => sanctionOf(order, each.slice(0, at), each.slice(at + 1), calendar, lost) ?? []),
      ]),
    )
  }
  let known: ReturnType<typeof read> | undefined
  const all = (): ReturnType<typeof read> => (known ??= read())
  const of = (kind: string, room: string, user: string): readonly Sanction[] => all().get(keyOf(kind, room, user)) ?? []
  const isStale = (from: number, until: number): boolean =>
    broken.some(([, at, to, , , entails]) => entails.includes('stale') && at <= until && to + tellMs >= from)

  return {
    take: (_, record) => {
      note(record, clientPendingMs)
    },
    all: () => [...all().values()].flat(),
    certain: (kinds, room, user, from, until) =>
      kinds
        .flatMap((kind) => of(kind, room, user))
        .find((each) => from >= each.from && until <= each.until && !isStale(each.orderedAt, until)),
    isPossible: (kind, room, user, from, until) =>
      of(kind, room, user).some(({ orderedAt, latest }) => orderedAt <= until + exactMs && latest >= from),
    isStale,
  }
}

const sanctionOf = (
  given: Order,
  before: readonly Order[],
  after: readonly Order[],
  calendar: Calendar,
  lost: readonly number[],
): Sanction | undefined => {
  const {
    order: [, orderedAt, id, kind, room, user, forMs],
    answeredAt,
  } = given
  if (kind === 'unban' || kind === 'unmute') return undefined
  const next = after[0]?.order[1] ?? Infinity
  const done = doneBy(given)
  /** The calendars by which its end may have been reckoned. */
  const dated = calendar.flatMap(([at, ms], index) => at <= done && (calendar[index + 1]?.[0] ?? Infinity) > orderedAt ? [ms] : []) // prettier-ignore
  /** Its end by the calendar of the machine, at the earliest and at the latest. */
  const [earliest, end] = [orderedAt + Math.min(...dated) + forMs, done + Math.max(...dated) + forMs]
  // One that was ordered before this one was executed may have come before it.
  const lifted = after.find((each) => each.answeredAt < Infinity && each.order[1] > done)?.answeredAt ?? Infinity
  const later = calendar.filter(([at], index) => at < lifted && (calendar[index + 1]?.[0] ?? Infinity) > orderedAt)
  const lostAt = lost.find((at) => at >= orderedAt) ?? Infinity
  return {
    kind,
    id,
    room,
    user,
    orderedAt,
    isAnswered: answeredAt < Infinity,
    from: Math.max(answeredAt + knownMs, ...before.map(doneBy)),
    until: Math.min(next, lostAt, firstAt(earliest, orderedAt, calendar)) - exactMs,
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
