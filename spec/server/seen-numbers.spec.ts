import fc from 'fast-check'
import { seenNumbers } from '../../lib/server/seen-numbers.js'

describe('spent', () => {
  it('[SV16] takes each number once, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 })), (numbers) => {
        const used = seenNumbers()
        const before = new Set<number>()
        for (const n of numbers) {
          expect(used.add(n)).toBe(!before.has(n))
          before.add(n)
        }
      }),
    )
  })

  it('[SV16] gives up numbers that stay far behind, so that it never grows without end', () => {
    const used = seenNumbers()
    for (let n = 2; n <= 10_002; n++) expect(used.add(n)).toBe(true)
    expect(used.add(1)).toBe(false)
    expect(used.add(10_002)).toBe(false)
    expect(used.add(10_003)).toBe(true)
  })

  it('[SV16] gives up the gaps below the lower half at once, and knows the others', () => {
    const used = seenNumbers()
    for (let n = 1; n <= 20_003; n += 2) expect(used.add(n)).toBe(true)
    expect([10_002, 10_001, 3].map((n) => used.add(n))).toEqual([false, false, false])
    expect([10_004, 20_002, 20_003].map((n) => used.add(n))).toEqual([true, true, false])
  })
})
