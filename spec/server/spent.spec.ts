import fc from 'fast-check'
import { spent } from '../../lib/server/spent.js'

describe('spent', () => {
  it('[SV16] takes each number once, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 })), (numbers) => {
        const used = spent()
        const before = new Set<number>()
        for (const n of numbers) {
          expect(used.spend(n)).toBe(!before.has(n))
          before.add(n)
        }
      }),
    )
  })

  it('[SV16] gives up numbers that stay far behind, so that it never grows without end', () => {
    const used = spent()
    for (let n = 2; n <= 10_002; n++) expect(used.spend(n)).toBe(true)
    expect(used.spend(1)).toBe(false)
    expect(used.spend(10_002)).toBe(false)
    expect(used.spend(10_003)).toBe(true)
  })

  it('[SV16] gives up the gaps below the lower half at once, and knows the others', () => {
    const used = spent()
    for (let n = 1; n <= 20_003; n += 2) expect(used.spend(n)).toBe(true)
    expect([10_002, 10_001, 3].map((n) => used.spend(n))).toEqual([false, false, false])
    expect([10_004, 20_002, 20_003].map((n) => used.spend(n))).toEqual([true, true, false])
  })
})
