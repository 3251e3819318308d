import type { Broken, Calm, ClientRecord } from '../history/record.js'
import { attendances } from './attendance.js'
import { type Calls, calls as callsOf } from './calls.js'
import { bans as bansOf, type Bans } from './bans.js'
import { creations as creationsOf, type Creations } from './creations.js'
import { type Consumptions, consumers as consumersOf } from './consumers.js'
import type { Coverage, Evidence, Terms, Violation } from './evidence.js'
import { leaders as leadersOf, type Leaders } from './leaders.js'
import { type Logs, readLogs } from './logs.js'
import { moves as movesOf } from './moves.js'
import { order as orderOf } from './order.js'
import { type Recovered, recovery as recoveryOf } from './recovery.js'
import { readSanctions } from './sanctions.js'
import { seats as seatsOf, type Seats } from './seats.js'
import { sends as sendsOf, type Sends } from './sends.js'
import { rosters as rostersOf, type Rosters } from './rosters.js'
import { sharedStates, type SharedStates } from './shared.js'
import { streams as streamsOf } from './streams.js'
import { readTables } from './tables.js'
import { violations } from './violations.js'

/** What a run has shown. */
export interface Verdict {
  /** The first of each rule. */
  readonly violations: readonly Violation[]
  readonly violationCount: number
  readonly coverage: Readonly<Record<Coverage, number>>
  readonly faults: Readonly<Record<string, number>>
  readonly recovered: readonly Recovered[]
  readonly figures: Figures
  readonly consumed: Consumptions
  readonly met: Rosters['counts'] & SharedStates['counts']
  readonly ruled: Bans['counts'] & Leaders['counts'] & Seats['counts'] & Creations['counts']
  readonly called: Calls['counts']
}

export interface Figures {
  readonly sent: number
  readonly logged: number
  readonly receipts: number
  readonly refusedNo: number
  readonly refusedUnknown: number
  /** Given to the library by somebody who was killed before it was settled. */
  readonly open: number
  readonly deliveries: number
  /** Those of events for a user or for all. */
  readonly events: number
  readonly gaps: number
  /** What they say is missing, where both ends are in one epoch. */
  readonly missing: number
  readonly lives: number
}

/**
 * Judges a run by what its processes wrote down. Knows nothing of the library: only what it promises. Reads each history
 * once, in order; keeps the ids and what is needed to compare them.
 */
export const check = (evidence: Evidence, terms: Terms): Verdict => {
  const found = violations()
  const broken: Broken[] = []
  const calms: Calm[] = []
  for (const record of evidence.director()) {
    if (record[0] === 'broken') broken.push(record)
    else calms.push(record)
  }
  const coverage: Record<Coverage, number> = { repeated: 0, order: 0, 'replay-cut': 0, quarantine: 0 }
  for (const record of evidence.server()) {
    if (record[0] !== 'decided') continue
    if (record[2] === 'repeated') coverage.repeated += record[3]
    if (record[2] === 'delivery/order') coverage.order += record[3]
  }

  const logs = readLogs(evidence.server(), evidence.logs, broken, terms.retained, found)
  const sends = sendsOf(logs, broken, terms, found)
  const streams = streamsOf(logs, broken, found)
  const order = orderOf(logs, found)
  const consumers = consumersOf(logs, broken, found)
  const recovery = recoveryOf(logs, broken, calms, terms, found)
  const tables = readTables(evidence.server(), broken, found)
  const sanctions = readSanctions(evidence.server(), broken)
  const present = attendances()
  const rosters = rostersOf(present, tables, sanctions, broken, terms.presence, found)
  const shared = sharedStates(tables, found)
  const bans = bansOf(present, tables, sanctions, logs, sends, broken, found)
  const leaders = leadersOf(present, tables, logs, sends, found)
  const seats = seatsOf(tables, found)
  const creations = creationsOf(evidence.server(), broken, found)
  const called = callsOf(evidence.server(), terms.callMs ?? 1_000, found)
  const last = [called, rosters, shared, bans, leaders, seats, creations]
  const judges = [sends, consumers, sanctions, movesOf(broken, found), ...last]
  const over = new Set<string>()

  for (const { name, records } of evidence.lives) {
    const watch = recovery.begin(name)
    for (const record of records()) {
      for (const judge of judges) judge.take(name, record)
      const stream = streams.take(name, record)
      if (stream) {
        recovery.moved(watch, stream, record[1])
        order.known(name, stream.room, record[1], stream.place, `${name} had seen what is`)
      }
      if (record[0] === 'receipt')
        knownReceipt(logs, sends, record, (room, place) => {
          order.known(`${name} as sender`, room, record[1], place, `${name} had a receipt for what is`)
        })
      if (record[0] === 'state') {
        recovery.state(watch, record[1], record[2])
        if (record[2] === 'Stopped') found.add('state/stopped', `${name} gave up at ${record[1]}: ${record[3]}`)
      }
      if (record[0] === 'fault') found.add('client/fault', `${name}: ${record[2]} ${record[3]}`)
      if (record[0] === 'told' && record[4] !== 'retry')
        found.add('stream/told', `${name}#${record[2]} was told ${record[3]}`)
      if (record[0] === 'replay-cut') coverage['replay-cut']++
      if (record[0] === 'refused' && record[4] === 'delivery/poison') coverage.quarantine++
      if (record[0] === 'ended') over.add(name)
    }
    recovery.end(watch, over.has(name))
  }
  sends.finish((life) => over.has(life))
  order.finish(sends)
  const consumed = consumers.finish((life) => over.has(life))
  for (const judge of last) judge.finish((life) => over.has(life))
  late(sends, calms, terms, over, found.add)
  for (const what of terms.cover) if (coverage[what] === 0) found.add('cover/missing', `no ${what} was seen`)

  return {
    violations: found.list(),
    violationCount: found.count(),
    coverage,
    faults: tally(broken),
    recovered: recovery.list(),
    figures: { ...fates(sends), logged: logs.size(), ...streams.counts, lives: evidence.lives.length },
    consumed,
    met: { ...rosters.counts, ...shared.counts },
    ruled: { ...bans.counts, ...leaders.counts, ...seats.counts, ...creations.counts },
    called: called.counts,
  }
}

const knownReceipt = (
  logs: Logs,
  sends: Sends,
  [, , id, epoch, offset]: Extract<ClientRecord, readonly ['receipt', ...unknown[]]>,
  known: (room: string, place: number) => void,
): void => {
  const room = sends.of(id)?.room
  const place = room !== undefined && logs.at(room, epoch, offset) === id ? logs.placeOf(id) : undefined
  if (room !== undefined && place !== undefined) known(room, place)
}

/** What was sent before a storm was over is settled soon after. */
const late = (
  sends: Sends,
  calms: readonly Calm[],
  { settleMs }: Terms,
  over: ReadonlySet<string>,
  add: (rule: string, text: string) => void,
): void => {
  for (const [, from, until] of calms) {
    const due = Math.min(until, from + settleMs)
    for (const { id, lane, invokedAt, settledAt, fate } of sends.all()) {
      const [life = ''] = lane.split(' ')
      if (invokedAt > from || settledAt <= due || (fate === 'open' && !over.has(life))) continue
      add(
        'settle/late',
        `${id} of ${lane}, sent at ${invokedAt}, was settled at ${settledAt}, and the storm was over at ${from}`,
      )
    }
  }
}

const tally = (broken: readonly Broken[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const [, , , kind] of broken) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

const fates = (sends: Sends): Pick<Figures, 'sent' | 'receipts' | 'refusedNo' | 'refusedUnknown' | 'open'> => {
  const counts = { open: 0, receipt: 0, no: 0, unknown: 0 }
  let sent = 0
  for (const { fate } of sends.all()) {
    counts[fate]++
    sent++
  }
  return { sent, receipts: counts.receipt, refusedNo: counts.no, refusedUnknown: counts.unknown, open: counts.open }
}
