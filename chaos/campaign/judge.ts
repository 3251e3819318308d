import { check, type Verdict } from '../checker/check.js'
import type { Coverage, Evidence, Terms } from '../checker/evidence.js'
import { evidenceIn } from './evidence.js'
import { type End, endIn, termsIn } from './manifest.js'
import { detectMs, kept, presence, retained } from './settings.js'

/** After a storm everybody is to have recovered within this. */
export const settleMs = 60_000

/** What is asked of a campaign that is to show this. */
export const termsOf = (cover: readonly Coverage[]): Terms => ({
  retained,
  dedupeMs: kept.dedupeMs,
  settleMs,
  // Processes are stopped for a while.
  callMs: 20_000,
  noticeMs: detectMs + 1_000,
  presence,
  cover,
})

/** What a campaign has shown. */
export interface Outcome extends End {
  readonly verdict: Verdict
  readonly minutes: number
}

/** Judges what a campaign and its processes have left in its folder, and nothing else: so it may be done again. */
export const judge = (folder: string): Outcome => {
  const evidence = evidenceIn(folder)
  return { verdict: check(evidence, termsIn(folder)), minutes: minutesOf(evidence), ...endIn(folder) }
}

/** From the first thing that the director wrote down to the last. */
const minutesOf = ({ director }: Evidence): number => {
  let [first, last] = [Infinity, 0]
  for (const [, from, until] of director()) {
    first = Math.min(first, from)
    last = Math.max(last, until)
  }
  return Math.max(0, last - first) / 60_000
}
