import fc from 'fast-check'
import type { Engine } from '../../lib/server/engine.js'
import type { Verdict } from '../checker/check.js'
import { plans } from './arbitrary.js'
import { play } from './run.js'

/** What many runs have shown together. */
export interface Harvest {
  readonly runs: number
  readonly figures: Readonly<Record<string, number>>
  /** What failed, if anything did: how to see it again, and the shortest plan that fails like it. */
  readonly failure?: string
}

export interface SeedsOptions {
  readonly seed: number
  readonly runs: number
  /** Where a failing run was, as it was printed. */
  readonly path?: string
  /** How long to look for a shorter plan that fails. */
  readonly shrinkMs?: number
  readonly ran?: (runs: number) => void
  /** See `play`. */
  readonly spoil?: (engine: Engine) => Engine
}

/** Plays so many plans drawn from a seed, until one fails. */
export const seeds = ({ seed, runs, path, shrinkMs = 60_000, ran, spoil }: SeedsOptions): Harvest => {
  const figures: Record<string, number> = {}
  let count = 0
  let failed = false
  const add = (more: Readonly<Record<string, number>>): void => {
    for (const [name, value] of Object.entries(more)) figures[name] = (figures[name] ?? 0) + value
  }
  let deadline = Infinity
  const property = fc.property(plans, (plan) => {
    if (failed && performance.now() > deadline) return
    const verdict = play(plan, spoil)
    if (!failed) {
      ran?.(++count)
      add({
        ...verdict.figures,
        ...verdict.met,
        ...verdict.ruled,
        ...verdict.called,
        ...verdict.coverage,
        ...verdict.faults,
      })
    }
    if (verdict.violationCount > 0) {
      if (!failed) deadline = performance.now() + shrinkMs
      failed = true
      throw new Error(told(verdict))
    }
  })
  const details = fc.check(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) })
  if (!details.failed) return { runs: count, figures }
  const again = `npm run chaos -- --virtual --seed ${details.seed} --path ${details.counterexamplePath ?? ''}`
  const [plan] = details.counterexample ?? []
  const because = details.errorInstance instanceof Error ? details.errorInstance.message : ''
  return { runs: count, figures, failure: [because, `plan: ${fc.stringify(plan)}`, `again: ${again}`].join('\n') }
}

const told = ({ violations }: Verdict): string => violations.map(({ rule, text }) => `${rule}: ${text}`).join('\n')
