import fc from 'fast-check'
import { type Act, type Plan, stormMs } from './plan.js'

const time = fc.integer({ min: 0, max: stormMs - 1_000 })
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true })
const who = fc.nat(3)
const lasting = fc.constantFrom('freeze', 'blackhole', 'hang', 'refuse', 'slow', 'throttle', 'throttle', 'throttle')
const way = fc.constantFrom('up', 'down', 'both')
const many = <T>(...weighted: readonly [number, fc.Arbitrary<T>][]) =>
  fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })))

/** Shorter and longer than it takes to be noticed. */
const ms = fc.integer({ min: 10, max: 3_000 })

const by = fc.constantFrom(0, 1, 'client' as const)
const node = fc.nat(1)
const to = fc.constantFrom('all' as const, 'all' as const, 0, 1, 2, 3)

const kind = fc.constantFrom('ban', 'ban', 'mute', 'mute', 'unban', 'unmute')

const say = { at: time, _tag: fc.constant('say' as const), who, room: fc.nat(1), owned: fc.boolean() }

const act: fc.Arbitrary<Act> = many<Act>(
  [12, record({ ...say, count: fc.integer({ min: 1, max: 12 }), size: fc.constant(0) })],
  // More than one frame: links break between the first and the last.
  [7, record({ ...say, count: fc.constant(80), size: fc.constant(400) })],
  [9, record({ at: time, _tag: fc.constant('meet'), who, count: fc.integer({ min: 1, max: 6 }) })],
  [9, record({ at: time, _tag: fc.constant('trade'), who, count: fc.integer({ min: 1, max: 12 }) })],
  [4, record({ at: time, _tag: fc.constant('plead'), who, count: fc.integer({ min: 1, max: 6 }) })],
  [5, record({ at: time, _tag: fc.constant('tell'), who, to, count: fc.integer({ min: 1, max: 12 }) })],
  [1, record({ at: time, _tag: fc.constant('close'), number: fc.nat(5), node })],
  [4, record({ at: time, _tag: fc.constant('measure'), who, by, kind, ms: fc.integer({ min: 10, max: 9_000 }) })],
  [2, record({ at: time, _tag: fc.constant('kick'), who, by, ms: fc.constantFrom(0, 1_000, 3_000) })],
  [5, record({ at: time, _tag: fc.constant('cut'), who })],
  [4, record({ at: time, _tag: lasting, who, ms, way })],
  [1, record({ at: time, _tag: fc.constant('partition'), ms })],
  [1, record({ at: time, _tag: fc.constant('restart'), engine: fc.constantFrom('same', 'new'), node })],
  [2, record({ at: time, _tag: fc.constant('down'), node, ms })],
  [2, record({ at: time, _tag: fc.constant('hand-over'), node, ms: fc.integer({ min: 1_500, max: 3_000 }) })],
  [2, record({ at: time, _tag: fc.constant('move'), who })],
  [1, record({ at: time, _tag: fc.constant('forget'), room: fc.nat(1) })],
  [1, record({ at: time, _tag: fc.constant('kill'), who })],
  [1, record({ at: time, _tag: fc.constant('jump'), who, ms: fc.integer({ min: 1, max: 100_000 }) })],
)

/** Calls, and three faults for each. */
const callAct: fc.Arbitrary<Act> = many<Act>(
  [10, record({ at: time, _tag: fc.constant('trade'), who, count: fc.integer({ min: 1, max: 12 }) })],
  [12, record({ at: time, _tag: fc.constant('cut'), who })],
  [6, record({ at: time, _tag: lasting, who, ms, way })],
  [1, record({ at: time, _tag: fc.constant('partition'), ms })],
  [1, record({ at: time, _tag: fc.constant('restart'), engine: fc.constantFrom('same', 'same', 'new'), node })],
  [2, record({ at: time, _tag: fc.constant('down'), node, ms })],
  [1, record({ at: time, _tag: fc.constant('hand-over'), node, ms: fc.integer({ min: 1_500, max: 3_000 }) })],
  [5, record({ at: time, _tag: fc.constant('move'), who })],
  [1, record({ at: time, _tag: fc.constant('kill'), who })],
  [1, record({ at: time, _tag: fc.constant('jump'), who, ms: fc.integer({ min: 1, max: 100_000 }) })],
)

const parts = {
  seed: fc.nat(),
  clients: fc.integer({ min: 2, max: 4 }),
  servers: fc.integer({ min: 1, max: 2 }),
  rooms: fc.integer({ min: 1, max: 2 }),
  retained: fc.constantFrom(10_000, 10_000, 8),
  tokenMs: fc.constantFrom(3_600_000, 3_000),
  latencyMs: fc.constantFrom(1, 20, 150),
  engine: record({
    delayMs: fc.constantFrom(0, 0, 30),
    failEvery: fc.constantFrom(Infinity, 10),
    loseAnswers: fc.constantFrom(Infinity, 10),
  }),
}

const planOf = (acts: fc.Arbitrary<Act[]>): fc.Arbitrary<Plan> => record({ ...parts, acts })

/** Any plan; what fails shrinks to the fewest acts. */
export const plans: fc.Arbitrary<Plan> = planOf(fc.array(act, { maxLength: 50, size: 'max' }))

/** Plans of calls and faults alone. */
export const callPlans: fc.Arbitrary<Plan> = planOf(fc.array(callAct, { minLength: 40, maxLength: 120, size: 'max' }))
