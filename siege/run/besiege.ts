import { attacks, type AttackName } from '../attacks/table.js'
import { child } from './child.js'
import { larger, noSample, type Outcome } from './outcome.js'
import type {
  FromAttacker,
  FromGood,
  FromServer,
  GoodReport,
  LimitsName,
  Sample,
  ToAttacker,
  ToGood,
  ToServer,
} from './talk.js'
import { sleep } from './wait.js'

/** The files of the processes. */
export interface Programs {
  readonly server: string
  readonly good: string
  readonly attacker: string
}

export interface Terms {
  readonly seconds: number
  /** Well-behaved clients. */
  readonly good: number
  /** The heap of the server, in MiB. */
  readonly heap: number
  readonly limits: LimitsName
  /** How long good clients are measured before an attack, and the server has to recover after it, in ms. Default 2 s. */
  readonly restMs?: number
}

/** How long an attacker may take to report. */
const reportMs = 20_000
/** How long what is on its way may take after the pause. */
const settleMs = 8_000

/** Runs one attack on a server of its own, among good clients. */
export const besiege = async (
  name: AttackName,
  { seconds, good: clients, heap, limits, restMs = 2_000 }: Terms,
  programs: Programs,
): Promise<Outcome> => {
  const { ground = {}, excess } = attacks[name]
  let most: Sample = noSample
  const server = child<ToServer, FromServer>(programs.server, [`--max-old-space-size=${heap}`], (message) => {
    if (message._tag === 'sample') most = larger(most, message.sample)
  })
  let because = ''
  const good = child<ToGood, FromGood>(programs.good, [], (message) => {
    if (message._tag === 'failed') because = message.because
  })
  const attacker = child<ToAttacker, FromAttacker>(programs.attacker)
  try {
    const listening = server.hear('listening', 20_000)
    server.tell({ _tag: 'start', limits, ground })
    const { port } = (await listening) ?? broken(`the server does not listen: ${server.death() ?? ''}`)

    const ready = good.hear('ready', 60_000)
    good.tell({ _tag: 'start', port, clients })
    if (!(await ready)) broken(`the good clients are not online: ${good.death() ?? because}`)
    good.tell({ _tag: 'phase', phase: 'calm' })
    await sleep(restMs)

    most = noSample
    good.tell({ _tag: 'phase', phase: 'attack' })
    const ms = seconds * 1_000
    const told = attacker.hear('tally', ms + reportMs)
    attacker.tell({ _tag: 'start', name, port, ms })
    const tally = (await told)?.tally ?? {}
    await attacker.end()
    if (server.death() === undefined) await sleep(restMs)

    const asked = server.hear('metrics', reportMs)
    server.tell({ _tag: 'ask' })
    const metrics = (await asked)?.metrics
    const report = await reported(good, server.death() === undefined ? settleMs : 0)
    const death = server.death() ?? (metrics ? undefined : 'does not answer')
    const found = excess?.(tally, seconds)
    return {
      attack: name,
      seconds,
      tally,
      most,
      ...(death !== undefined && { death }),
      ...(report && { good: report }),
      ...(metrics && { metrics }),
      ...(found !== undefined && { excess: found }),
    }
  } finally {
    await Promise.all([server.end(), good.end(), attacker.end()])
  }
}

const reported = async (
  good: ReturnType<typeof child<ToGood, FromGood>>,
  withinMs: number,
): Promise<GoodReport | undefined> => {
  const heard = good.hear('report', withinMs + reportMs)
  good.tell({ _tag: 'end', withinMs })
  return (await heard)?.report
}

const broken = (because: string): never => {
  throw new Error(because)
}
