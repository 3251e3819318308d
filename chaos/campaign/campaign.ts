import { join } from 'node:path'
import type { Coverage } from '../checker/evidence.js'
import { hearMs } from '../checker/delays.js'
import { outOf } from '../client/consumer.js'
import { eventRooms } from '../client/hearing.js'
import type { ConsumerKind } from '../history/record.js'
import { appendTo } from '../history/file.js'
import { now } from './clock.js'
import { director as directorOf } from './director.js'
import { ground as groundOf, type Ground } from './ground.js'
import { judge, type Outcome, settleMs, termsOf } from './judge.js'
import { writeEnd, writeTerms } from './manifest.js'
import { courts, halls, presentMs } from './settings.js'
import type { ClientPlan } from './talk.js'
import { tally } from './tally.js'

export interface CampaignOptions {
  readonly seed: number
  readonly minutes: number
  /** Where histories are written. */
  readonly folder: string
  readonly programs: { readonly server: string; readonly client: string }
  readonly cover: readonly Coverage[]
  /** Messages per second of all clients together. */
  readonly rate: number
  /** Which consumers take part. */
  readonly consumers: readonly ConsumerKind[]
  readonly stormMs: number
  readonly signal: AbortSignal
  readonly progress: (now: Progress) => void
}

/** How far a campaign is. */
export interface Progress {
  readonly phase: string
  readonly sent: number
  readonly delivered: number
  readonly online: number
  readonly clients: number
  readonly faults: number
}

const rooms = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5']
/** Rooms that consumers read; nobody floods them, so that they are never cut. */
const consumed = ['i0', 'i1']
/** Rooms that clients lead in turn. */
const councils = ['l0', 'l1']
const market = 'k0'
/** The prefix of the rooms that clients create. */
const created = 'n'
/** Rooms with a capacity. */
const seats = { s0: 2, s1: 4 }
/** Clients that also write to the first of them, to the second, to both; the last reads the copies. */
const suppliers: Readonly<Record<number, readonly string[]>> = { 0: ['i0'], 4: ['i1'], 8: consumed }
const auditor = 5

/** The users of the clients that are no consumers. */
const users = Array.from({ length: 12 }, (_, number) => `c${number}`)

type Plan = Omit<ClientPlan, 'port'>

/** Twelve clients in four processes; each reads three rooms and writes to two of them. Two have a store. */
const crowds = (rate: number, kinds: readonly ConsumerKind[]): readonly (readonly Plan[])[] =>
  Array.from({ length: 4 }, (_, crowd) =>
    Array.from({ length: 3 }, (_, seat) => {
      const number = crowd * 3 + seat
      const reads = [0, 1, 2].map((step) => rooms[(number + step * 2) % rooms.length] ?? '')
      const isStored = number === 2 || number === 7
      const busy = seat === 0 ? reads.slice(0, 1) : []
      return {
        name: users[number] ?? '',
        reads: number === auditor && kinds.includes('copy') ? [...reads, ...consumed.map(outOf)] : reads,
        writes: [
          ...reads.slice(0, 2),
          ...courts.slice(number % 2).slice(0, 1),
          ...(kinds.length > 0 ? (suppliers[number] ?? []) : []),
        ],
        meets: [...(number % 4 === 0 ? halls : halls.slice(number % 2).slice(0, 1)), ...busy, ...courts],
        leads: councils,
        trades: market,
        sits: Object.keys(seats),
        makes: created,
        hears: true,
        tells: users,
        rate: isStored ? rate / 60 : rate / 10.4,
        isStored,
      }
    }),
  )

/** Each consumer has a process of its own and a store. */
const consumer = (kind: ConsumerKind): readonly Plan[] => [
  { name: kind, reads: consumed, writes: [], rate: 0, isStored: true, consumes: kind },
]
const roomsFor = (kinds: readonly ConsumerKind[]): readonly string[] => [
  ...rooms,
  ...new Set(users.flatMap(eventRooms).map(({ room }) => room)),
  ...courts,
  ...councils,
  ...(kinds.length > 0 ? consumed : []),
  ...(kinds.includes('copy') ? consumed.map(outOf) : []),
]

/** Runs a campaign and judges it. */
export const campaign = async (options: CampaignOptions): Promise<Outcome> => {
  const { seed, minutes, folder, programs, cover, rate, consumers, stormMs, signal, progress } = options
  const begun = now()
  const end = begun + minutes * 60_000
  writeTerms(folder, termsOf(cover))
  const write = appendTo(join(folder, 'director.jsonl'), 'director')
  const ground = await groundOf({
    folder,
    programs,
    seed,
    rooms: roomsFor(consumers),
    seats,
    crowds: [...crowds(rate, consumers), ...consumers.map(consumer)],
  })
  let phase = 'begins'
  const director = directorOf({
    ground,
    write,
    stormMs,
    settleMs,
    signal,
    seed,
    eachEveryMs: 6_000,
    allEveryMs: 7_000,
    consumerEveryMs: 2_500,
    told: (what) => {
      phase = what
    },
  })
  const [sent, delivered] = [tally(), tally()]
  const telling = setInterval(() => {
    void ground.status().then((statuses) => {
      for (const { name, sent: given, delivered: got } of statuses) {
        sent.note(name, given)
        delivered.note(name, got)
      }
      const online = statuses.filter(({ isOnline }) => isOnline).length
      progress({
        phase,
        sent: sent.sum(),
        delivered: delivered.sum(),
        online,
        clients: ground.names.length,
        faults: director.strikes(),
      })
    })
  }, 2_000)

  try {
    phase = 'calm'
    await director.calm()
    const before = await heaps(ground)
    let after = before
    while (!signal.aborted && now() < end) {
      await director.storm()
      phase = 'calm'
      if (!(await director.calm())) break
      after = await heaps(ground)
    }
    for (const { process } of ground.crowds) process().tell({ _tag: 'publish', on: false })
    await director.calm()
    pardon(ground)
    await director.rest(presentMs)
    for (const { process } of ground.crowds) process().tell({ _tag: 'settle' })
    await director.rest(hearMs)
    if (!signal.aborted) await finish(ground)
    clearInterval(telling)
    await ground.clear()
    if (!signal.aborted)
      writeEnd(folder, {
        mishaps: ground.mishaps,
        heap: [...before].map(([name, bytes]) => ({ name, before: bytes, after: after.get(name) ?? null })),
      })
    return judge(folder)
  } finally {
    clearInterval(telling)
    await ground.clear()
  }
}

/** Has everybody write down the members that it sees, ends the clients in order and the server without, and has another one read what is there. */
const finish = async (ground: Ground): Promise<void> => {
  await Promise.all(
    ground.crowds.map(({ process }) => {
      const rested = process().hear('rested', 30_000)
      process().tell({ _tag: 'rest' })
      return rested
    }),
  )
  await Promise.all(
    ground.crowds.map(({ process }) => {
      const ended = process().hear('ended', 30_000)
      process().tell({ _tag: 'end' })
      return ended
    }),
  )
  ground.killServer()
  await ground.server().gone
  await ground.startServer()
  const read = ground.server().hear('heads', 60_000)
  ground.server().tell({ _tag: 'ask', what: 'logs', rooms: ground.rooms })
  await read
}

/** Lifts what holds against every other client, so that they come back, and sets the server's calendar right for the others. */
const pardon = (ground: Ground): void => {
  const { tell } = ground.server()
  tell({ _tag: 'date', ms: 0 })
  for (const room of courts)
    for (const [at, user] of ground.names.entries())
      for (const kind of ['unban', 'unmute'] as const)
        if (at % 2 === 0) tell({ _tag: 'measure', node: 0, measure: { kind, room, user, forMs: 0 } })
}

const heaps = async (ground: Ground): Promise<ReadonlyMap<string, number | null>> => {
  const of = new Map<string, number | null>()
  const take = async (name: string, answer: Promise<{ readonly bytes: number } | undefined>): Promise<void> => {
    of.set(name, (await answer)?.bytes ?? null)
  }
  const server = ground.server().hear('heap', 30_000)
  ground.server().tell({ _tag: 'ask', what: 'heap', rooms: [] })
  await take('server', server)
  for (const [at, { process, isConsumer, names }] of ground.crowds.entries()) {
    const answer = process().hear('heap', 30_000)
    process().tell({ _tag: 'ask', what: 'heap' })
    await take(isConsumer ? `consumer ${names.join()}` : `clients ${at + 1}`, answer)
  }
  return of
}
