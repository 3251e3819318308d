import { check } from '../../chaos/checker/check.js'
import type { Evidence, Terms } from '../../chaos/checker/evidence.js'
import type { Broken, Calm, ClientRecord, ServerRecord } from '../../chaos/history/record.js'
import { seeded } from '../../lib/testing/random.js'

/** A run that can be spoiled. */
export interface Run {
  readonly lives: Map<string, ClientRecord[]>
  readonly server: ServerRecord[]
  readonly director: (Broken | Calm)[]
  readonly logs: { room: string; epoch: string; first: number; ids: string[] }[]
}

export const terms: Terms = {
  retained: 100_000,
  settleMs: 1_000,
  noticeMs: 1_000,
  cover: [],
  presence: { quietMs: 100, graceMs: 400 },
}

/** The rules that a run has broken. */
export const rulesOf = (run: Run, asked: Terms = terms): readonly string[] => [
  ...new Set(check(evidenceOf(run), asked).violations.map(({ rule }) => rule)),
]

export const evidenceOf = (run: Run): Evidence => ({
  lives: [...run.lives].map(([name, records]) => ({ name, records: () => records })),
  server: () => run.server,
  director: () => run.director,
  logs: run.logs,
})

const rooms = ['r1', 'r2'] as const
const writers = ['w1', 'w2'] as const
const readers = ['s1', 's2'] as const

/** A run without a fault: two writers and two readers in two rooms, with about so many records of clients. */
export const goodRun = (events: number, seed = 1): Run => {
  const random = seeded(seed)
  const run: Run = { lives: new Map(), server: [], director: [], logs: [] }
  let at = 0
  const write = (life: string, record: (at: number) => ClientRecord): void => {
    run.lives.get(life)?.push(record(++at))
  }
  for (const life of [...writers, ...readers]) {
    run.lives.set(life, [])
    write(life, (now) => ['state', now, 'Online', ''])
  }
  for (const room of rooms) run.logs.push({ room, epoch: `${room}-e`, first: 1, ids: [] })
  for (const life of readers) {
    for (const [stream, room] of rooms.entries()) {
      write(life, (now) => ['opened', now, stream, room])
      write(life, (now) => ['began', now, stream, `${room}-e`, 0])
    }
  }
  for (let sent = 0; sent * 4 < events; sent++) {
    const stream = Math.floor(random() * rooms.length)
    const room = rooms[stream]!
    const writer = writers[Math.floor(random() * writers.length)]!
    const id = `m${sent}`
    const log = run.logs[stream]!
    const { epoch, ids } = log
    write(writer, (now) => ['invoked', now, id, room])
    ids.push(id)
    const offset = ids.length
    run.server.push(['logged', ++at, room, epoch, offset, [id]])
    for (const reader of readers) write(reader, (now) => ['delivered', now, stream, epoch, offset, id, id])
    write(writer, (now) => ['receipt', now, id, epoch, offset, 0])
  }
  run.director.push(['calm', ++at, at + terms.settleMs + 1])
  at += terms.settleMs + 2
  for (const life of run.lives.keys()) write(life, (now) => ['ended', now])
  return run
}

/** The records of one life. */
export const of = (run: Run, life: string): ClientRecord[] => run.lives.get(life)!

/** Where the first record is that fits, from the middle on. */
export const find = (records: readonly ClientRecord[], fits: (record: ClientRecord) => boolean): number => {
  const middle = Math.floor(records.length / 2)
  const at = records.findIndex((record, index) => index >= middle && fits(record))
  if (at < 0) throw new Error('there is no such record')
  return at
}
