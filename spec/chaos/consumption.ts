import type { ClientRecord, ConsumerKind } from '../../chaos/history/record.js'
import type { Run } from './support.js'

export const kinds = ['auto', 'manual', 'copy'] as const

/** What a life does, and how it ends: closed in order, killed with nothing left, or killed before it committed the last two. */
interface Plan {
  readonly upTo: number
  readonly ending: 'closed' | 'killed' | 'killed before commits' | 'ended'
}
const plans: readonly Plan[] = [
  { upTo: 0.3, ending: 'closed' },
  { upTo: 0.6, ending: 'killed before commits' },
  { upTo: 0.8, ending: 'killed' },
  { upTo: 1, ending: 'ended' },
]
const unfinished = 2

/** Three consumers in four lives each, which read a room of so many messages; the third makes a copy of each. */
export const goodConsumption = (size: number): Run => {
  const run: Run = { lives: new Map(), server: [], director: [], logs: [] }
  let at = 0
  const log = (room: string): { epoch: string; ids: string[] } => {
    const made = { room, epoch: `${room}-e`, first: 1, ids: [] as string[] }
    run.logs.push(made)
    return made
  }
  const [source, target] = [log('i'), log('o')]
  const writer: ClientRecord[] = [['state', ++at, 'Online', '']]
  for (let k = 1; k <= size; k++) {
    writer.push(['invoked', ++at, `m${k}`, 'i'])
    run.server.push(['logged', ++at, 'i', source.epoch, k, [`m${k}`]])
    writer.push(['receipt', ++at, `m${k}`, source.epoch, k, 0])
    source.ids.push(`m${k}`)
  }
  run.lives.set('w.1', [...writer, ['ended', ++at]])

  const copy = (records: ClientRecord[], id: string, offset: number, isStored: boolean): void => {
    records.push(['invoked', ++at, id, 'o'], ['derived', ++at, id, 'i', source.epoch, offset])
    if (!isStored) return
    target.ids.push(id)
    run.server.push(['logged', ++at, 'o', target.epoch, target.ids.length, [id]])
    records.push(['receipt', ++at, id, target.epoch, target.ids.length, 0])
  }
  const live = (kind: ConsumerKind, number: number, from: number, { upTo, ending }: Plan, offered: number): number => {
    const life = `${kind}.${number}`
    const records: ClientRecord[] = [
      ['consuming', ++at, kind, `host-${life}`, number],
      ['state', ++at, 'Online', ''],
    ]
    const last = Math.floor(size * upTo)
    const done = ending === 'killed before commits' && kind !== 'auto' ? last - unfinished : last
    for (let k = from + 1; k <= last; k++) {
      records.push(['offered', ++at, 'i', source.epoch, k, `m${k}`, `m${k}`, k <= offered ? 1 : 0])
      if (kind === 'auto') continue
      if (kind === 'copy') copy(records, `${life}-${k}`, k, k <= done)
      if (k > done) continue
      records.push(['committing', ++at, 'i', source.epoch, k], ['committed', ++at, 'i', source.epoch, k])
    }
    if (ending === 'closed' || ending === 'ended') records.push(['closed', ++at, 0, 0, 0])
    if (ending === 'ended') records.push(['ended', ++at])
    run.lives.set(life, records)
    return done
  }
  for (const kind of kinds) {
    let [done, offered] = [0, 0]
    for (const [index, plan] of plans.entries()) {
      // An automatic position is stored now and then: what is beyond it is offered again.
      const isBehind = kind === 'auto' && plans[index - 1]?.ending === 'killed before commits'
      done = live(kind, index + 1, isBehind ? done - unfinished : done, plan, offered)
      offered = Math.floor(size * plan.upTo)
    }
  }
  return run
}
