import fc from 'fast-check'
import { type Backoff, backoff, defaultBackoff } from '../../lib/core/backoff.js'

const shapes: fc.Arbitrary<Backoff> = fc.record({
  floorMs: fc.integer({ min: 1, max: 10_000 }),
  firstMs: fc.integer({ min: 0, max: 10_000 }),
  factor: fc.double({ min: 1, max: 1e6, noNaN: true }),
  capMs: fc.integer({ min: 1, max: 100_000 }),
})
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const attempts = fc.oneof(fc.nat(20), fc.nat(1_000_000))

describe('backoff', () => {
  it('[CR7] grows to the cap, on top of the floor', () => {
    const highest = [0, 1, 2, 3, 4, 5, 6, 1_000_000].map((attempt) => backoff(defaultBackoff, attempt, 1))
    expect(highest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    const lowest = [0, 1, 5, 1_000_000].map((attempt) => backoff(defaultBackoff, attempt, 0))
    expect(lowest).toEqual([200, 200, 200, 200])
  })

  it('[CR7] is never below the floor nor above the cap, whatever the shape and however often it failed', () => {
    fc.assert(
      fc.property(shapes, attempts, chances, (shape, attempt, chance) => {
        const ms = backoff(shape, attempt, chance)
        expect(ms).toBeGreaterThanOrEqual(shape.floorMs)
        expect(ms).toBeLessThanOrEqual(Math.max(shape.floorMs, shape.capMs))
        expect(backoff(shape, attempt + 1, chance)).toBeGreaterThanOrEqual(ms)
      }),
      { numRuns: 2_000 },
    )
  })

  it('[CR7] [P10] is spread evenly between floor and end, also at the cap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 1_000_000 }), chances, (attempt, chance) => {
        const { floorMs, capMs } = defaultBackoff
        expect(backoff(defaultBackoff, attempt, chance)).toBeCloseTo(floorMs + chance * (capMs - floorMs), 6)
      }),
    )
  })
})
