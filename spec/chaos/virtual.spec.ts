import type { Act, Plan } from '../../chaos/virtual/plan.js'
import { play } from '../../chaos/virtual/run.js'
import { callPlans } from '../../chaos/virtual/arbitrary.js'
import { seeds, survey } from '../../chaos/virtual/seeds.js'
import {
  amnesic,
  boastful,
  crossing,
  deaf,
  forgetful,
  garbling,
  hasty,
  lax,
  leaking,
  mistaken,
  rash,
  renewing,
  silent,
  type Spoil,
  stammering,
  uprooting,
  vague,
  wrong,
} from './spoils.js'

const quiet: Plan = {
  seed: 1, clients: 2, servers: 1, rooms: 1, retained: 10_000, tokenMs: 3_600_000, latencyMs: 5,
  engine: { delayMs: 0, failEvery: Infinity, loseAnswers: Infinity },
  acts: [
    { at: 100, _tag: 'say', who: 0, room: 0, count: 50, size: 0, owned: false },
    { at: 100, _tag: 'say', who: 1, room: 0, count: 50, size: 0, owned: true },
    { at: 104, _tag: 'cut', who: 0 },
    { at: 300, _tag: 'cut', who: 1 },
  ],
} // prettier-ignore

const rulesOf = (plan: Plan, spoil?: Spoil): readonly string[] => [
  ...new Set(play(plan, spoil).violations.map(({ rule }) => rule)),
]

/** Everybody changes states and values. */
const met: Plan = {
  ...quiet,
  acts: [100, 300, 500, 700, 900, 1_100, 1_300, 1_500].flatMap((at) => [
    { at, _tag: 'meet' as const, who: 0, count: 4 },
    { at, _tag: 'meet' as const, who: 1, count: 4 },
  ]),
}
/** Much of it, so that leaders and seats change. */
const gathered: Plan = {
  ...quiet,
  clients: 3,
  acts: Array.from({ length: 120 }, (_, at) => ({ at: 50 + at * 55, _tag: 'meet' as const, who: at, count: 3 })),
}
const crowded: Plan = { ...gathered, clients: 4 }
/** Events for all and for each client. */
const announced: Plan = {
  ...quiet,
  acts: (['all', 0, 1] as const).flatMap((to, at) => [
    { at: 100 + at, _tag: 'tell' as const, who: 0, to, count: 10 },
    { at: 200 + at, _tag: 'tell' as const, who: 1, to, count: 10 },
    { at: 300, _tag: 'cut' as const, who: at },
  ]),
}
/** Calls to servers and to members, while links are cut. */
const traded: Plan = {
  ...quiet,
  clients: 4,
  servers: 2,
  acts: Array.from({ length: 90 }, (_, at) => [
    { at: 50 + at * 70, _tag: 'trade' as const, who: at, count: 4 },
    { at: 60 + at * 70, _tag: at % 9 === 0 ? ('move' as const) : ('cut' as const), who: at },
  ]).flat(),
}
/** Both servers are restarted in turn, and ask their clients to move. */
const handed: Plan = {
  ...quiet,
  clients: 4,
  servers: 2,
  latencyMs: 20,
  acts: [
    ...Array.from({ length: 120 }, (_, at) => [
      { at: 50 + at * 55, _tag: 'meet' as const, who: at, count: 1 },
      { at: 52 + at * 55, _tag: 'say' as const, who: at, room: 0, count: 5, size: 0, owned: false },
    ]).flat(),
    ...Array.from({ length: 90 }, (_, at) => ({
      at: 1_000 + at * 7,
      _tag: 'say' as const,
      who: 1 + 2 * (at % 2),
      room: 0,
      count: 1,
      size: 0,
      owned: true,
    })),
    { at: 1_000, _tag: 'hand-over', node: 1, ms: 2_000 },
    { at: 4_500, _tag: 'hand-over', node: 0, ms: 2_000 },
  ],
}
/** A link is lost for longer than the quiet time. */
const cut: Plan = { ...met, acts: [...met.acts, { at: 1_600, _tag: 'refuse', who: 0, ms: 1_000, way: 'both' }] }
/** A user is the target of an order and speaks before and after it. */
const ordered = (order: Act): Plan => ({
  ...quiet,
  acts: [
    { at: 100, _tag: 'plead', who: 1, count: 1 },
    { ...order, at: 3_600 },
    { at: 7_500, _tag: 'plead', who: 1, count: 3 },
  ],
})
const banned = ordered({ at: 0, _tag: 'measure', who: 1, by: 0, kind: 'ban', ms: 9_000 })
const muted = ordered({ at: 0, _tag: 'measure', who: 1, by: 0, kind: 'mute', ms: 9_000 })
const kicked = ordered({ at: 0, _tag: 'kick', who: 1, by: 0, ms: 3_000 })

/** Plans on which a version of this library has failed. */
const regressions: readonly (readonly [string, Plan])[] = [
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
  [
    'a client that goes on at another server and is banned there, before the first one has told its loss',
    {
      ...quiet,
      seed: 0,
      servers: 2,
      latencyMs: 1,
      acts: [
        { at: 220, _tag: 'move', who: 0 },
        { at: 483, _tag: 'measure', who: 0, by: 1, kind: 'ban', ms: 8_270 },
      ],
    },
  ],
]

/** Broken engines, the plans that show them, and what is found. */
const broken: readonly (readonly [string, readonly Plan[], Spoil, readonly string[]])[] = [
  ['[CH9] finds an engine that tells a wrong offset once', [quiet], wrong(77), ['receipt/wrong']],
  ['[CH9] finds a feed that drops a message', [quiet], leaking(42), ['stream/hole']],
  ['[CH9] finds an engine that takes no notice of conditions', [met], rash, ['shared/condition']],
  ['[CH9] finds a table whose feed drops a row', [met], silent('shared', 'k0'), ['shared/end']],
  ['[CH9] finds members that end with the connection, and at once', [cut], hasty, ['roster/hasty']],
  ['[CH26] finds a server that is not told of bans', [banned], deaf('ban'), ['ban/accepted', 'ban/member', 'ban/untold', 'ban/seen']], // prettier-ignore
  ['[CH26] finds a server that is not told of mutes', [muted], deaf('mute'), ['ban/accepted']],
  ['[CH35] finds a server that is not told of kicks', [kicked], deaf('kick'), ['kick/untold', 'kick/member']],
  ['[CH36] finds a table of members whose feed drops a row', [met], silent('members', 'c1'), ['roster/end']],
  [
    '[CH36] finds an engine that answers a version that a value never had',
    [met],
    boastful('shared'),
    ['shared/receipt'],
  ],
  [
    '[CH36] finds an engine that writes another value',
    [met],
    garbling('shared'),
    ['shared/unwritten', 'shared/receipt'],
  ],
  ['[CH28] finds an engine that takes every term', [1, 2, 3, 4, 5].map((seed) => ({ ...gathered, seed })), lax, ['term/order']], // prettier-ignore
  ['[CH52] finds a feed that drops an event for all', [announced], leaking(7, '@all'), ['stream/hole']],
  ['[CH52] finds a feed that drops an event for a user', [announced], leaking(7, '@user/c1'), ['stream/hole']],
  ['[CH53] finds an engine that gives a user the events of another', [announced], crossing('@user/c0', '@user/c1'), ['stream/wrong']], // prettier-ignore
  ['[CH56] finds an engine that remembers no commands', [traded], amnesic, ['call/twice']],
  ['[CH56] finds servers that give an answer to another call', [traded], mistaken, ['call/other']],
  ['[CH56] finds servers that ask a member twice', [traded], stammering, ['call/twice']],
  ['[CH30] finds an engine that does not count seats', [crowded], vague, ['seat/many']],
  ['[CH32] finds an engine that takes a second creation of a room', [gathered], renewing, ['create/twice']],
  ['[CH66] finds members that leave when they move', [handed], uprooting, ['roster/hasty']],
  ['[CH66] finds an engine that executes what a move repeats', [handed], forgetful(), ['log/double']],
  [
    '[CH32] finds a directory that is not told of a room',
    [1, 2, 3].map((seed) => ({ ...gathered, seed })),
    silent('rooms', 'n7'),
    ['directory/missing'],
  ],
]

describe('the campaign in virtual time', () => {
  it('[CH7] [CH22] [CH25] [CH27] [CH29] [CH31] [CH34] [CH51] [CH54] [CH65] loses nothing, doubles nothing and keeps every order on a hundred seeds', () => {
    const { failure, figures } = seeds({ seed: 303, runs: 100 })
    expect(failure).toBeUndefined()
    const shown = ['repeated', 'order', 'replay-cut', 'events', 'gaps', 'refusedUnknown', 'cut', 'restart-new', 'kill', 'down', 'move', 'hand-over'] // prettier-ignore
    const ruled = ['kicks', 'bans', 'mutes', 'ordered', 'forbidden', 'barred', 'kicked', 'absences', 'removals', 'returns', 'led', 'termsUsed', 'outdated', 'seated', 'waits', 'created', 'exists', 'closings', 'listed', 'commands', 'unknown', 'givenUp', 'asks', 'memberAnswers', 'memberErrors'] // prettier-ignore
    for (const what of [...shown, 'changes', 'left', 'wrote', 'kept', 'unset', ...ruled])
      expect([what, (figures[what] ?? 0) > 0]).toEqual([what, true])
    expect(figures['receipts']).toBeGreaterThan(2_500)
  }, 600_000)

  it.each(regressions)('[CH7] %s', (_, plan) => {
    expect(rulesOf(plan)).toEqual([])
  })

  it('[CH57] a user whose ban ends with the run does not come back in its last moment', () => {
    const ban = { _tag: 'measure', who: 0, by: 0, kind: 'ban', ms: 8_500 } as const
    const slow: Plan = { ...quiet, latencyMs: 1, engine: { ...quiet.engine, delayMs: 30 } }
    expect([5_883, 5_886].flatMap((at) => rulesOf({ ...slow, acts: [{ at, ...ban }] }))).toEqual([])
  })

  it('[CH61] with calls and faults alone, no command runs twice, and the end says how many faults, commands and executions there were', () => {
    const { broken, faults, figures } = survey({ seed: 11, runs: 12, from: callPlans })
    expect(broken).toEqual({})
    const { cut = 0, move = 0, commands = 0, ran = 0 } = figures
    expect(faults).toBeGreaterThan(cut + move)
    expect(Math.min(cut, move, ran)).toBeGreaterThan(40)
    expect(commands).toBeGreaterThan(ran)
    const amnesia = survey({ seed: 11, runs: 12, from: callPlans, spoil: amnesic })
    expect(amnesia.broken['call/twice']?.times).toBeGreaterThan(0)
  }, 600_000)

  it('[CH62] plays every run though some fail, counts what is wrong by its rule, and tells the first by its run', () => {
    const { runs, broken } = survey({ seed: 7, runs: 20, spoil: forgetful() })
    const { times = 0, first = '' } = broken['log/double'] ?? {}
    expect([runs, times > 1]).toEqual([20, true])
    const [, at = ''] = /\(run (\d+)\)/.exec(first) ?? []
    expect(seeds({ seed: 7, runs: 1, path: at, shrinkMs: 0, spoil: forgetful() }).failure).toContain('log/double')
  }, 600_000)

  it('[CH8] the same plan is the same run, and a failure says how to see it again', () => {
    expect(play(quiet)).toEqual(play(quiet))
    const first = seeds({ seed: 7, runs: 50, shrinkMs: 0, spoil: forgetful() }).failure ?? ''
    const [, path = ''] = /npm run chaos -- --virtual --seed 7 --path ([\d:]+)$/.exec(first) ?? []
    expect(first).toContain('log/double')
    expect(seeds({ seed: 7, runs: 1, path, shrinkMs: 0, spoil: forgetful() }).failure).toBe(first)
  })

  it('[CH9] finds an engine that executes what is repeated', () => {
    // In some of them the link is cut after the engine has taken what was sent, and before its answer has come.
    const plans = [1, 2, 3, 4, 5, 6].map((seed) => ({ ...quiet, seed }))
    expect(plans.flatMap((plan) => rulesOf(plan))).toEqual([])
    expect(plans.flatMap((plan) => rulesOf(plan, forgetful()))).toContain('log/double')
  })

  it.each(broken)('%s', (_, plans, spoil, found) => {
    expect(plans.flatMap((plan) => rulesOf(plan))).toEqual([])
    expect(plans.flatMap((plan) => rulesOf(plan, spoil))).toEqual(expect.arrayContaining([...found]))
  })
})
