import { check, type Verdict } from '../checker/check.js'
import type { Coverage, Evidence } from '../checker/evidence.js'
import { evidenceIn } from './evidence.js'
import { detectMs, retained } from './settings.js'

/** After a storm everybody is to have recovered within this. */
export const settleMs = 60_000

/** What the histories of a campaign come to. */
export interface Judgement {
  readonly verdict: Verdict
  readonly minutes: number
}

/** Judges what the processes of a campaign have left in its folder. */
export const judge = (folder: string, cover: readonly Coverage[]): Judgement => {
  const evidence = evidenceIn(folder)
  const verdict = check(evidence, { retained, settleMs, noticeMs: detectMs + 1_000, cover })
  return { verdict, minutes: minutesOf(evidence) }
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
