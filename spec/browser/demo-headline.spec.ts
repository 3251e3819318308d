import { type Facts, tell, untold } from '../../examples/demo/page/headline.js'
import type { Total } from '../../examples/demo/page/ledger.js'

const sums: Total = { received: 0, expected: 0, gaps: 0, missing: 0, lost: 0, duplicates: 0, caughtUp: 0 }

type Moment = Partial<Omit<Facts, 'total'> & Total>
const factsOf = ({ tone = 'good', waiting = 0, at = 0, ...total }: Moment): Facts => ({
  tone,
  waiting,
  at,
  total: { ...sums, ...total },
})
/** The headline after each of these moments. */
const told = (...moments: readonly Moment[]): readonly string[] => {
  let story = untold
  return moments.map((moment) => {
    story = tell(story, factsOf(moment))
    return `${story.headline.tone}: ${story.headline.words}`
  })
}

describe('the headline of the demo', () => {
  it('[DM21] says nothing of an outage before the first connection', () => {
    expect(told({ tone: 'quiet' }, { tone: 'busy' }, {}, { received: 1 }, { received: 1_204 })).toEqual([
      'quiet: Connecting …',
      'quiet: Connecting …',
      'good: Online. Nothing received yet.',
      'good: Online. 1 message: none lost, none doubled.',
      'good: Online. 1,204 messages: none lost, none doubled.',
    ])
  })

  it('[DM21] says offline how much waits, and back what was caught up and sent', () => {
    const before = { received: 10, caughtUp: 4 }
    expect(
      told(
        before,
        { ...before, tone: 'bad' },
        { ...before, tone: 'busy', waiting: 3 },
        { ...before, tone: 'bad', waiting: 3 },
        { received: 106, caughtUp: 100, waiting: 3, at: 5_000 },
        { received: 106, caughtUp: 100, waiting: 0, at: 5_100 },
        { received: 140, caughtUp: 100, waiting: 0, at: 35_100 },
      ),
    ).toEqual([
      'good: Online. 10 messages: none lost, none doubled.',
      'bad: Offline: nothing waiting.',
      'bad: Offline: 3 waiting.',
      'bad: Offline: 3 waiting.',
      'good: Back: 96 caught up, none lost.',
      'good: Back: 96 caught up, 3 sent, none lost.',
      'good: Online. 140 messages: none lost, none doubled.',
    ])
  })

  it('[DM21] is not green while nothing is heard', () => {
    expect(told({ received: 1 }, { received: 1, tone: 'warn' }, { received: 2 })).toEqual([
      'good: Online. 1 message: none lost, none doubled.',
      'warn: No sign of life: checking the connection.',
      'good: Back: none lost.',
    ])
  })

  it('[DM21] tells gaps as such, at the time and later', () => {
    expect(told({ received: 5 }, { tone: 'bad', received: 5 }, { received: 6, gaps: 4 })).toContain(
      'gap: Back: 4 gaps, each shown in its place.',
    )
    expect(told({ received: 6, gaps: 4 })).toEqual([
      'good: Online. 6 messages, none doubled; 4 gaps, each shown in its place.',
    ])
  })

  it('[DM21] tells of a page that was loaded offline what was sent afterwards', () => {
    expect(told({ tone: 'busy', waiting: 2 }, { tone: 'bad', waiting: 2 }, { received: 2 })).toEqual([
      'quiet: Connecting …',
      'bad: Offline: 2 waiting.',
      'good: Back: 2 sent, none lost.',
    ])
  })

  it('[DM21] calls a loss a bug', () => {
    expect(told({ received: 5, lost: 1 }, { tone: 'bad' }, { received: 5, duplicates: 1 })).toEqual([
      'bad: Online. 1 lost, 0 doubled: that is a bug.',
      'bad: Offline: nothing waiting.',
      'bad: Back: 0 lost, 1 doubled: that is a bug.',
    ])
  })
})
