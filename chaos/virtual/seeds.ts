import fc from 'fast-check'
import type { Engine } from '../../lib/server/engine.js'
import type { Verdict } from '../checker/check.js'
import { plans } from './arbitrary.js'
import type { Plan } from './plan.js'
import { play } from './run.js'

/** What many runs have shown together. */
export interface Harvest {
  readonly runs: number
  readonly figures: Readonly<Record<string, number>>
  /** The faults of all runs. */
  readonly faults: number
  /** What failed, if anything did: how to see it again, and the shortest plan that fails like it. */
  readonly failure?: string
}

/** A rule that runs have broken. */
export interface Broken {
  readonly times: number
  /** The first violation, and how to see it again. */
  readonly first: string
}

/** Runs that go on after a failure. */
export interface Survey extends Omit<Harvest, 'failure'> {
  readonly broken: Readonly<Record<string, Broken>>
}

export interface SeedsOptions {
  readonly seed: number
  readonly runs: number
  /** The plans to draw from. Default: any. */
  readonly from?: fc.Arbitrary<Plan>
  /** Where a failing run was, as it was printed. */
  readonly path?: string
  /** How long to look for a shorter plan that fails. */
  readonly shrinkMs?: number
  readonly ran?: (runs: number) => void
  /** See `play`. */
  readonly spoil?: (engine: Engine) => Engine
}

/** Plays so many plans drawn from a seed, until one fails. */
export const seeds = ({ seed, runs, from = plans, path, shrinkMs = 60_000, ran, spoil }: SeedsOptions): Harvest => {
  const { figures, faults, add } = sums()
  let count = 0
  let failed = false
  let deadline = Infinity
  const property = fc.property(from, (plan) => {
    if (failed && performance.now() > deadline) return
    const verdict = play(plan, spoil)
    if (!failed) {
      ran?.(++count)
      add(verdict)
    }
    if (verdict.violationCount > 0) {
      if (!failed) deadline = performance.now() + shrinkMs
      failed = true
      throw new Error(told(verdict))
    }
  })
  const details = fc.check(property, { seed, numRuns: runs, ...(path === undefined ? {} : { path }) })
  if (!details.failed) return { runs: count, figures, faults: faults() }
  const again = `npm run chaos -- --virtual --seed ${details.seed} --path ${details.counterexamplePath ?? ''}`
  const [plan] = details.counterexample ?? []
  const because = details.errorInstance instanceof Error ? details.errorInstance.message : ''
  return {
    runs: count,
    figures,
    faults: faults(),
    failure: [because, `plan: ${fc.stringify(plan)}`, `again: ${again}`].join('\n'),
  }
}

/** Plays every plan drawn from a seed, and counts what is wrong by its rule. */
export const survey = ({ seed, runs, from = plans, ran, spoil }: SeedsOptions): Survey => {
  const { figures, faults, add } = sums()
  const broken: Record<string, Broken> = {}
  for (const [at, plan] of fc.sample(from, { seed, numRuns: runs }).entries()) {
    const verdict = play(plan, spoil)
    add(verdict)
    for (const { rule, text } of verdict.violations) {
      const { times = 0, first = `${text} (run ${at}): ${fc.stringify(plan)}` } = broken[rule] ?? {}
      broken[rule] = { times: times + 1, first }
    }
    ran?.(at + 1)
  }
  return { runs, figures, faults: faults(), broken }
}

/** The figures of many runs. */
const sums = (): {
  readonly figures: Record<string, number>
  readonly faults: () => number
  readonly add: (verdict: Verdict) => void
} => {
  const figures: Record<string, number> = {}
  let strikes = 0
  return {
    figures,
    faults: () => strikes,
    add: ({ figures: messages, met, ruled, called, coverage, faults }) => {
      const all = { ...messages, ...met, ...ruled, ...called, ...coverage, ...faults }
      for (const [name, value] of Object.entries(all)) figures[name] = (figures[name] ?? 0) + value
      for (const times of Object.values(faults)) strikes += times
    },
  }
}

const told = ({ violations }: Verdict): string => violations.map(({ rule, text }) => `${rule}: ${text}`).join('\n')
