import type { Phase, Times } from '../run/talk.js'

/** Measures deliveries by phase. */
export interface Stopwatch {
  /** A delivery of a message that was published in that phase, so long ago. */
  readonly delivered: (phase: Phase, ms: number) => void
  readonly begin: (phase: Phase) => void
  readonly times: (phase: Phase) => Times
}

export const stopwatch = (now: () => number): Stopwatch => {
  const latencies: Record<Phase, number[]> = { calm: [], attack: [] }
  const stalls: Record<Phase, number> = { calm: 0, attack: 0 }
  let current: Phase = 'calm'
  let lastAt = now()
  const look = (): void => {
    const at = now()
    stalls[current] = Math.max(stalls[current], at - lastAt)
    lastAt = at
  }
  return {
    delivered: (phase, ms) => {
      latencies[phase].push(ms)
      look()
    },
    begin: (phase) => {
      current = phase
      if (latencies[phase].length === 0) lastAt = now()
    },
    times: (phase) => {
      if (phase === current) look()
      const sorted = Float64Array.from(latencies[phase]).sort()
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
      return { deliveries: sorted.length, p50: at(0.5), p99: at(0.99), stallMs: stalls[phase] }
    },
  }
}
