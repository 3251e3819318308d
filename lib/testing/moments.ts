/** A mark of a marble diagram, with its time from the beginning, in ms. */
export interface Moment {
  readonly ms: number
  readonly mark: string
}

/** Schedules an action of the test. */
export type Plan = (ms: number, act: () => void) => void

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Reads the marks of a diagram as rxjs does in run mode: each character takes 1 ms, `(ab)` is one moment, `-` is no mark,
 * and a duration between spaces passes. Days and hours are durations too: `'2d d 5s r'`.
 */
export const moments = (marbles: string): readonly Moment[] => {
  const found: Moment[] = []
  let ms = 0
  let group: number | undefined
  for (const word of marbles.split(/\s+/)) {
    const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|[smhd])$/.exec(word) ?? []
    if (count !== undefined && unit !== undefined) {
      ms += Number(count) * (units[unit] ?? 1)
      continue
    }
    for (const mark of word) {
      if (mark === '(') group = ms
      else if (mark === ')') group = undefined
      else if (mark !== '-') found.push({ ms: group ?? ms, mark })
      ms++
    }
  }
  return found
}
