import fc from 'fast-check'
import { ChurningMap } from '../../lib/core/churning-map.js'

type Step = readonly ['set' | 'delete', number, number]

const step = fc.oneof(
  fc.tuple(fc.constant('set' as const), fc.nat(400), fc.nat()),
  fc.tuple(fc.constant('delete' as const), fc.nat(400), fc.nat()),
)

const apply = (to: Pick<Map<number, number>, 'delete'> & { set(key: number, value: number): unknown }) => {
  return ([kind, key, value]: Step): void => {
    if (kind === 'set') to.set(key, value)
    else to.delete(key)
  }
}

describe('a Map of entries that come and go', () => {
  it('[CR17] has the entries and the order of a plain Map, over any number of renewals', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 2_000, size: 'max' }), (steps) => {
        const churning = new ChurningMap<number, number>()
        const plain = new Map<number, number>()
        for (const each of steps) {
          apply(churning)(each)
          apply(plain)(each)
          expect(churning.get(each[1])).toBe(plain.get(each[1]))
        }
        expect(churning.size).toBe(plain.size)
        expect([...churning.values()]).toEqual([...plain.values()])
      }),
      { numRuns: 50 },
    )
  })
})
