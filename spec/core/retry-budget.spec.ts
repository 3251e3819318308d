import fc from 'fast-check'
import { deadlines } from '../../lib/core/deadlines.js'
import { retryBudget, type RetryBudget } from '../../lib/core/retry-budget.js'
import { virtualTime } from '../../lib/testing/virtual.js'

/** A budget, and the times at which retries were permitted, by name. */
const budget = (options?: RetryBudget) => {
  const time = virtualTime()
  const due = deadlines(time)
  const counted = { retriesHeld: 0 }
  const { permitted, succeeded } = retryBudget(options).begin({ deadlines: due, random: () => 0, counters: counted })
  const said: string[] = []
  const ask = (name: string, afterMs = 0) =>
    permitted(due.elapsed(afterMs), 'held').subscribe((held) =>
      said.push(`${time.now()} ${name}${held ? ' held' : ''}`),
    )
  return { time, counted, said, ask, succeeded }
}

describe('the retry budget', () => {
  it('[RB1] permits a burst at once, and then by time', () => {
    const { time, said, ask, counted } = budget({ burst: 2, perMinute: 60 })
    for (const name of ['a', 'b', 'c', 'd']) ask(name)
    time.advanceBy(10_000)
    expect(said).toEqual(['0 a', '0 b', '0 c held', '0 d held', '1000 c', '2000 d'])
    expect(counted.retriesHeld).toBe(2)
    // Eight seconds save no more than the burst.
    said.length = 0
    for (const name of ['e', 'f', 'g']) ask(name)
    time.advanceBy(1_000)
    expect(said).toEqual(['10000 e', '10000 f', '10000 g held', '11000 g'])
  })

  it('[RB1] a success permits the ratio, and gives a retry back, up to ten times the burst', () => {
    const { time, said, ask, succeeded } = budget({ burst: 1, perMinute: 0.001, ratio: 0.5 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) ask(name)
    time.advanceBy(1)
    expect(said.filter((line) => !line.endsWith('held'))).toEqual(['0 a'])
    succeeded(false)
    succeeded(false)
    expect(said.at(-1)).toBe('1 b')
    succeeded(true)
    succeeded(false)
    expect(said.slice(-2)).toEqual(['1 c', '1 d'])
    for (let n = 0; n < 1_000; n++) succeeded(true)
    said.length = 0
    for (let n = 0; n < 12; n++) ask('more')
    time.advanceBy(1)
    expect(said.filter((line) => !line.endsWith('held'))).toHaveLength(10)
  })

  it('[RB2] is first come, first served, by the time of each retry; one that is given up takes none', () => {
    const { time, said, ask } = budget({ burst: 1, perMinute: 60 })
    ask('late', 500)
    ask('first')
    const given = ask('given up', 100)
    ask('last', 600)
    time.advanceBy(700)
    given.unsubscribe()
    time.advanceBy(10_000)
    expect(said.filter((line) => !line.endsWith('held'))).toEqual(['0 first', '1000 late', '2000 last'])
  })

  it('[RB1] whatever succeeds: the retries that fail stay within burst, time and ratio', () => {
    fc.assert(
      fc.property(
        fc.record({ burst: fc.integer({ min: 1, max: 20 }), perMinute: fc.integer({ min: 1, max: 600 }) }),
        fc.array(fc.record({ waitMs: fc.nat(2_000), asks: fc.nat(20), fine: fc.boolean(), others: fc.nat(5) })),
        ({ burst, perMinute }, plan) => {
          const { time, said, ask, succeeded } = budget({ burst, perMinute, ratio: 0.1 })
          let [successes, returned, open] = [0, 0, 0]
          for (const { waitMs, asks, fine, others } of plan) {
            for (let n = 0; n < asks; n++) ask('retry')
            time.advanceBy(waitMs)
            const permitted = said.filter((line) => !line.endsWith('held')).length
            // A success may permit a retry, which is answered in the next round.
            for (; fine && open < permitted; open++) {
              returned++
              succeeded(true)
            }
            open = permitted
            for (let n = 0; n < others; n++) succeeded(false)
            successes += others
            const failed = said.filter((line) => !line.endsWith('held')).length - returned
            const most = burst + (perMinute * time.now()) / 60_000 + 0.1 * (successes + returned)
            expect(failed).toBeLessThanOrEqual(most + 1e-6)
          }
        },
      ),
    )
  })

  it('[RB8] an invalid option is a fault of the value', () => {
    expect(retryBudget({ ratio: 2 }).fault?.message).toContain('ratio')
    for (const burst of [0, 1.5]) expect(retryBudget({ burst }).fault?.message).toContain('burst')
    expect(retryBudget().fault).toBeUndefined()
  })
})
