import * as E from '#fp/Either'
import type { CallState } from '../../../server/calls/ledger.js'
import { seeded } from '../../random.js'
import type { Case } from '../case.js'
import { equals, holds } from '../check.js'
import { type EngineBench, type EngineCase, range } from './bench.js'
import { ledgerBench, longMs, wordOf } from './ledger.js'

/** The facts about commands that answers have shown so far. */
interface Known {
  readonly firsts: Map<string, string>
  readonly ends: Map<string, string>
}

/** The states that never change. */
const isEnd = (word: string): boolean => word === 'Cancelled' || word === 'Lost' || word.startsWith('Done')

/** Checks an answer against the earlier ones, and notes it. `settled` are the outcomes that were given. */
const note = (known: Known, id: string, state: CallState, server: string, settled: ReadonlySet<string>): void => {
  const word = wordOf(state)
  const end = known.ends.get(id)
  if (word === 'First') {
    equals(`who was first with ${id}`, known.firsts.get(id), undefined)
    equals(`the end of ${id} before it is first`, end, undefined)
    known.firsts.set(id, server)
    return
  }
  if (end !== undefined) equals(`the end of ${id}`, word, end)
  if (!isEnd(word)) return
  if (state._tag === 'Done') holds(`${word} of ${id} was given`, settled.has(`${id} ${state.outcome ?? ''}`))
  known.ends.set(id, word)
}

/** Lets two servers claim, settle, cancel and lose a few commands at the same time; with `ends`, the engine ends in between. */
const story = async (bench: EngineBench, seed: number, ends: readonly ('closed' | 'killed')[]): Promise<void> => {
  const { calls, lease, attempt } = ledgerBench(bench)
  const chance = seeded(seed)
  const one = <T>(...items: readonly T[]): T => items[Math.floor(chance() * items.length)] as T
  let known: Known = { firsts: new Map(), ends: new Map() }
  let { name } = calls()
  const settled = new Set<string>()
  for (const round of range(1, 12)) {
    const leases = [`one ${seed}`, `two ${seed}`]
    for (const each of leases) await lease(each)
    const acts = range(1, 8).map(async (n) => {
      const id = one('a', 'b', 'c', 'd', 'e')
      const key = { user: `u${seed}`, id }
      const server = one(...leases)
      const luck = chance()
      if (luck < 0.45) {
        const claimed = await attempt(calls().claim({ ...key, lease: server }))
        if (E.isRight(claimed)) note(known, id, claimed.right, server, settled)
      } else if (luck < 0.75) {
        const outcome = `${round}.${n}`
        settled.add(`${id} ${outcome}`)
        await attempt(calls().settle(key, outcome))
      } else if (luck < 0.9) {
        const cancelled = await attempt(calls().cancel(key))
        if (E.isRight(cancelled)) note(known, id, cancelled.right, server, settled)
      } else {
        const { tables } = bench.engine()
        if (tables) await attempt(tables.lease(server, one(0, longMs)))
      }
    })
    await Promise.all(acts)
    if (ends.length === 0 || chance() < 0.5) continue
    await bench.reopen(one(...ends))
    if (calls().name === name) continue
    name = calls().name
    known = { firsts: new Map(), ends: new Map() }
  }
  await finish(bench, seed, known)
}

/** Without leases, every command that was ever claimed has come to its end. */
const finish = async (bench: EngineBench, seed: number, { firsts, ends }: Known): Promise<void> => {
  const { lease, claim } = ledgerBench(bench)
  for (const each of [`one ${seed}`, `two ${seed}`]) await lease(each, 0)
  await lease('last')
  for (const id of firsts.keys()) {
    const word = await claim(id, { user: `u${seed}`, lease: 'last' })
    holds(`${id} has an end, and not ${word}`, isEnd(word))
    equals(`the end of ${id}`, word, ends.get(id) ?? word)
  }
}

const seeds = range(1, 8)

/** Cases about any order of claims, outcomes, cancels and ends of leases. */
export const callStoryCases = (of: EngineCase): readonly Case[] => [
  of('[EN84] whatever two servers do at the same time, a command is first once, and its end stays', async (bench) => {
    for (const seed of seeds) await story(bench, seed, [])
  }),
]

/** The same with ends of the engine in between. */
export const reopenedCallStoryCases = (of: EngineCase): readonly Case[] => [
  of('[EN84] so it is over ends of the engine, while the name is the same', async (bench) => {
    for (const seed of seeds) await story(bench, seed, ['closed', 'killed'])
  }),
]
