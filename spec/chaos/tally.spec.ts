import { tally } from '../../chaos/campaign/tally.js'

describe('the progress of a campaign', () => {
  it('[CH15] does not fall when a client begins anew or does not answer', () => {
    const { note, sum } = tally()
    note('a', 5)
    note('b', 7)
    expect(sum()).toBe(12)
    note('a', 2)
    expect(sum()).toBe(14)
    note('a', 4)
    note('b', 8)
    expect(sum()).toBe(5 + 4 + 8)
  })
})
