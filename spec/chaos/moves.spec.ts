import { moves } from '../../chaos/checker/moves.js'
import { violations } from '../../chaos/checker/violations.js'
import type { Broken, Stated } from '../../chaos/history/record.js'

const rulesOf = (life: string, state: Stated, ...broken: readonly Broken[]): readonly string[] => {
  const found = violations()
  moves(broken, found).take(life, state)
  return found.list().map(({ rule }) => rule)
}
const handOver: Broken = ['broken', 1_000, 3_000, 'hand-over', ['c0'], []]
const goodbye: Stated = ['state', 3_000, 'Waiting', 'server/bye']

describe('the judge of moves', () => {
  it('[CH67] finds a client that was asked to move, and has not moved', () => {
    expect(rulesOf('c1.1', goodbye, handOver)).toEqual(['move/pause'])
    const earlier: Broken = ['broken', 0, 900, 'hand-over', ['c0'], []]
    expect(rulesOf('c0.1', ['state', 9_000, 'Waiting', 'server/bye'], earlier)).toEqual(['move/pause'])
  })

  it('[CH67] takes one for good that has no endpoints, or feels a fault, or has lost its link otherwise', () => {
    expect(rulesOf('c0.1', goodbye, handOver)).toEqual([])
    expect(rulesOf('c1.1', goodbye, handOver, ['broken', 500, 2_000, 'slow-up', ['c1'], []])).toEqual([])
    expect(rulesOf('c1.1', ['state', 3_000, 'Waiting', 'connection/closed'], handOver)).toEqual([])
    expect(rulesOf('c1.1', goodbye, handOver, ['broken', 0, Infinity, 'small-log', ['c1'], ['cut']])).toEqual([
      'move/pause',
    ])
  })
})
