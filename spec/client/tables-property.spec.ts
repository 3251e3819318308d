import fc from 'fast-check'
import * as t from 'io-ts'
import * as E from '#fp/Either'
import { sharedState, type SharedState } from '../../lib/features/shared/index.js'
import { unreliable } from '../../lib/testing/unreliable.js'
import { seeded } from '../../lib/testing/random.js'
import { world } from '../../lib/testing/world.js'
import { Chat } from '../support/chat.js'
import { right, see } from '../support/seen.js'
import { tap } from '../support/wire.js'

const keys = ['a', 'b', 'c'] as const
const schema = { a: t.number, b: t.number, c: t.number }
const state = sharedState(schema)

type Act =
  | { readonly _tag: 'set'; readonly who: number; readonly key: (typeof keys)[number]; readonly ifNew: boolean }
  | { readonly _tag: 'drop'; readonly who: number; readonly key: (typeof keys)[number] }
  | { readonly _tag: 'cut' | 'restart' | 'renew' | 'look' }
  | { readonly _tag: 'wait'; readonly ms: number }

const who = fc.nat(1)
const key = fc.constantFrom(...keys)
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ _tag: fc.constant('set' as const), who, key, ifNew: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ _tag: fc.constant('drop' as const), who, key }) },
  { weight: 2, arbitrary: fc.record({ _tag: fc.constantFrom('cut' as const, 'restart' as const, 'look' as const) }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant('renew' as const) }) },
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
)

/** The values that follow from the changes alone. */
const replayed = (states: readonly SharedState<typeof schema>[]): Readonly<Record<string, unknown>> => {
  const values = new Map<string, unknown>()
  for (const { changes } of states)
    for (const { key: changed, value, cause } of changes)
      if (cause === undefined) values.set(changed, value)
      else values.delete(changed)
  return Object.fromEntries(values)
}

describe('the tables of rooms, under any interleaving', () => {
  it('[TB7] each copy becomes the table of the server, its changes lead from state to state, and a resume without a change sends no row', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), fc.nat(), (acts, seed) => {
        const random = seeded(seed)
        const { client, network, time, restart, end } = world({
          seed,
          between: (engine, scheduler) => unreliable(engine, { scheduler, random, delayMs: 20 }),
        })
        const rooms = [client(), client()].map((each) => each.room('lobby', Chat).with(state))
        const seen = rooms.map(({ shared$ }) => see(shared$))
        let last = 0
        for (const each of acts) {
          switch (each._tag) {
            case 'set':
              see(rooms[each.who]!.set(each.key, ++last, { ifNew: each.ifNew }))
              break
            case 'drop':
              see(rooms[each.who]!.drop(each.key))
              break
            case 'cut':
              network.cut()
              break
            case 'restart':
              restart()
              break
            case 'renew':
              restart({ engine: 'new' })
              break
            case 'look':
              seen.push(see(rooms[0]!.shared$))
              break
            case 'wait':
              time.advanceBy(each.ms)
          }
        }
        time.advanceBy(60_000)
        const truth = see(client().room('lobby', Chat).with(state).shared$)
        time.advanceBy(1_000)
        const { values, versions } = right(truth.all.at(-1)!)
        for (const { all } of seen) {
          const states = all.filter(E.isRight).map(right)
          expect(all).toHaveLength(states.length)
          expect(states.at(-1)).toMatchObject({ isLive: true })
          expect(states.at(-1)!.values).toEqual(values)
          expect(states.at(-1)!.versions).toEqual(versions)
          for (let at = 0; at < states.length; at++)
            expect(replayed(states.slice(0, at + 1))).toEqual(states[at]!.values)
        }
        const wire = tap(network)
        network.cut()
        time.advanceBy(60_000)
        expect([wire.down('rows'), wire.down('change')]).toEqual([[], []])
        expect(end()).toBe(0)
      }),
      { numRuns: 50 },
    )
  })
})
