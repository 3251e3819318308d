import type { Outcome } from '../run/outcome.js'
import type { Losses } from '../run/talk.js'

/** How many times as long as in the calm a delivery may take in an attack, at the 99th percentile. */
const factor = 3
/**
 * Below this in ms a p99 is never too long. All processes share the machine: a time slice, a collection of garbage and a
 * delivery of a burst add up to some ten ms without any attack, which is more than three times a calm of 4 ms. It is half
 * of what a person takes for immediate.
 */
export const floorMs = 50

const lost: Readonly<Record<keyof Losses, string>> = {
  gaps: 'gaps',
  missing: 'deliveries missing',
  undelivered: 'publishes undelivered',
  lostLinks: 'links lost',
  forgotten: 'messages of a quiet room forgotten',
  turnedAway: 'newcomers turned away',
}

/** The p99 of the calm is above the floor: other work on the machine decides about the times. */
export const isBusy = ({ good }: Outcome): boolean => (good?.calm.p99 ?? 0) > floorMs

/** What was wrong in an attack; empty where nothing was. */
export const judge = ({ death, good, excess, tally }: Outcome): readonly string[] => {
  if (death !== undefined) return [`the server died: ${death}`]
  if (!good) return ['the good clients did not report']
  const { calm, attack, losses } = good
  const mostMs = Math.max(factor * calm.p99, floorMs)
  return [
    ...(Object.keys(lost) as (keyof Losses)[])
      .filter((name) => losses[name] > 0)
      .map((name) => `${losses[name]} ${lost[name]}`),
    ...(Object.keys(tally).length === 0 ? ['the attacker did nothing'] : []),
    ...(attack.deliveries === 0 ? ['nothing was delivered'] : []),
    ...(attack.p99 > mostMs ? [`p99 ${attack.p99.toFixed(0)} ms, more than ${mostMs.toFixed(0)} ms`] : []),
    ...(excess === undefined ? [] : [excess]),
  ]
}
