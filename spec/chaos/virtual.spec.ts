import { map } from 'rxjs'
import * as E from '#fp/Either'
import type { Plan } from '../../chaos/virtual/plan.js'
import { play } from '../../chaos/virtual/run.js'
import { seeds } from '../../chaos/virtual/seeds.js'
import type { Engine, Entry } from '../../lib/server/engine.js'

const quiet: Plan = {
  seed: 1, clients: 2, rooms: 1, retained: 10_000, tokenMs: 3_600_000, latencyMs: 5,
  engine: { delayMs: 0, failEvery: Infinity, loseAnswers: Infinity },
  acts: [
    { at: 100, _tag: 'say', who: 0, room: 0, count: 50, size: 0, owned: false },
    { at: 100, _tag: 'say', who: 1, room: 0, count: 50, size: 0, owned: true },
    { at: 104, _tag: 'cut', who: 0 },
    { at: 300, _tag: 'cut', who: 1 },
  ],
} // prettier-ignore

const rulesOf = (plan: Plan, spoil?: (engine: Engine) => Engine): readonly string[] => [
  ...new Set(play(plan, spoil).violations.map(({ rule }) => rule)),
]

/** Takes every writing for a first one. */
const forgetful = (): ((engine: Engine) => Engine) => {
  let count = 0
  const fresh = (entry: Entry): Entry => ({
    ...entry,
    after: 0,
    retry: false,
    producer: `${entry.producer}.${count++}`,
  })
  return (engine) => ({ ...engine, append: (room, entries) => engine.append(room, entries.map(fresh)) })
}

/** Plans on which a version of this library has failed. */
const regressions: readonly [string, Plan][] = [
  [
    'a repetition that is under way to the engine when its lane is forgotten',
    {
      ...quiet,
      seed: 195_450_194,
      latencyMs: 1,
      engine: { delayMs: 30, failEvery: Infinity, loseAnswers: 10 },
      acts: [
        { at: 2_078, _tag: 'forget', room: 0 },
        { at: 1_055, _tag: 'cut', who: 1 },
        { at: 1_054, _tag: 'say', who: 0, room: 0, count: 6, size: 0, owned: false },
      ],
    },
  ],
]

describe('the campaign in virtual time', () => {
  it('[CH7] loses nothing, doubles nothing and keeps every order on a hundred seeds', () => {
    const { failure, figures } = seeds({ seed: 1, runs: 100 })
    expect(failure).toBeUndefined()
    for (const what of ['repeated', 'order', 'replay-cut', 'gaps', 'refusedUnknown', 'cut', 'restart-new', 'kill'])
      expect([what, figures[what]]).toEqual([what, expect.any(Number)])
    expect(figures['receipts']).toBeGreaterThan(2_500)
  }, 600_000)

  it.each(regressions)('[CH7] %s', (_, plan) => {
    expect(rulesOf(plan)).toEqual([])
  })

  it('[CH8] the same plan is the same run, and a failure says how to see it again', () => {
    expect(play(quiet)).toEqual(play(quiet))
    const first = seeds({ seed: 7, runs: 50, shrinkMs: 0, spoil: forgetful() }).failure ?? ''
    const [, path = ''] = /npm run chaos -- --virtual --seed 7 --path ([\d:]+)$/.exec(first) ?? []
    expect(first).toContain('log/double')
    expect(seeds({ seed: 7, runs: 1, path, shrinkMs: 0, spoil: forgetful() }).failure).toBe(first)
  })

  it('[CH9] finds an engine that executes what is repeated', () => {
    const moments = [103, 104, 105, 106, 107, 108]
    const plans = moments.map((at) => ({ ...quiet, acts: [...quiet.acts, { at, _tag: 'cut' as const, who: 0 }] }))
    expect(plans.flatMap((plan) => rulesOf(plan))).toEqual([])
    expect(plans.flatMap((plan) => rulesOf(plan, forgetful()))).toContain('log/double')
  })

  it('[CH9] finds an engine that tells a wrong offset once in ten thousand', () => {
    let told = 0
    const wrong = (engine: Engine): Engine => ({
      ...engine,
      append: (room, entries) =>
        engine
          .append(room, entries)
          .pipe(
            map(
              E.map((outcomes) =>
                outcomes.map((outcome) =>
                  outcome._tag === 'Accepted' && ++told === 77 ? { ...outcome, offset: outcome.offset + 1 } : outcome,
                ),
              ),
            ),
          ),
    })
    expect(rulesOf(quiet, wrong)).toEqual(['receipt/wrong'])
  })

  it('[CH9] finds a feed that drops a message', () => {
    const leaking = (engine: Engine): Engine => ({
      ...engine,
      follow: (room, from) =>
        engine
          .follow(room, from)
          .pipe(
            map(
              E.map((feed) =>
                feed._tag === 'Messages'
                  ? { ...feed, messages: feed.messages.filter(({ offset }) => offset !== 42) }
                  : feed,
              ),
            ),
          ),
    })
    expect(rulesOf(quiet, leaking)).not.toEqual([])
  })
})
