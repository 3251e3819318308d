import fc from 'fast-check'
import type { Entry, Outcome } from '../../lib/server/engine.js'
import { decide, forget, judge, noLanes, type Lanes } from '../../lib/server/lanes.js'
import { refusal } from '../../lib/server/refusal.js'

const entry = (seq: number, after = 0, retry = false, producer = 'p'): Entry => ({
  user: 'u',
  producer,
  seq,
  after,
  retry,
  id: `${producer}.${seq}`,
  event: 'e',
  from: ['u', 's'],
  data: '1',
})

const accepted = (offset: number): Outcome => ({ _tag: 'Accepted', epoch: 'E', offset, at: 0, repeated: false })

/** A lane that decided these seqs, each at an offset of ten times itself. */
const decided = (...seqs: readonly number[]): Lanes => {
  const lanes = noLanes()
  for (const seq of seqs) decide(lanes, entry(seq), accepted(seq * 10), seq)
  return lanes
}

const code = (outcome: Outcome | undefined): string =>
  outcome === undefined ? 'execute' : outcome._tag === 'Refused' ? outcome.refusal.code : `repeated ${outcome.offset}`

interface Row {
  readonly lane: readonly number[]
  readonly seq: number
  readonly after: number
  readonly retry: boolean
  readonly says: string
}

describe('lanes', () => {
  it.each`
    lane      | seq  | after | retry    | says
    ${[]}     | ${1} | ${0}  | ${false} | ${'execute'}
    ${[]}     | ${7} | ${0}  | ${false} | ${'execute'}
    ${[]}     | ${7} | ${6}  | ${false} | ${'delivery/order'}
    ${[]}     | ${1} | ${0}  | ${true}  | ${'delivery/unknown'}
    ${[1]}    | ${2} | ${0}  | ${false} | ${'execute'}
    ${[1]}    | ${2} | ${1}  | ${false} | ${'execute'}
    ${[1]}    | ${5} | ${1}  | ${false} | ${'execute'}
    ${[1]}    | ${2} | ${1}  | ${true}  | ${'execute'}
    ${[1]}    | ${3} | ${2}  | ${false} | ${'delivery/order'}
    ${[1]}    | ${3} | ${2}  | ${true}  | ${'delivery/order'}
    ${[1, 2]} | ${1} | ${0}  | ${true}  | ${'repeated 10'}
    ${[1, 2]} | ${2} | ${1}  | ${false} | ${'repeated 20'}
    ${[1, 5]} | ${3} | ${1}  | ${true}  | ${'delivery/forgotten'}
  `(
    '[EN2][EN3][EN4][EN5] after $lane, seq $seq with after $after and retry $retry: $says',
    ({ lane, seq, after, retry, says }: Row) => {
      expect(code(judge(decided(...lane), entry(seq, after, retry)))).toBe(says)
    },
  )

  it('[EN6] a terminal refusal counts as decided', () => {
    const lanes = decided(1)
    const refused: Outcome = { _tag: 'Refused', refusal: refusal('delivery/too-large') }
    decide(lanes, entry(2), refused, 0)
    expect(judge(lanes, entry(2, 1, true))).toEqual(refused)
    expect(judge(lanes, entry(3, 2))).toBeUndefined()
  })

  it('[EN2] lanes of other producers and users are apart', () => {
    const lanes = decided(1, 2)
    expect(judge(lanes, entry(1, 0, false, 'q'))).toBeUndefined()
    expect(judge(lanes, { ...entry(1), user: 'v' })).toBeUndefined()
  })

  it('[EN14] outcomes beyond the count go, the oldest first, and a lane with its last one', () => {
    const lanes = decided(1, 2, 3)
    forget(lanes, { outcomes: 2, dedupeMs: 1_000, since: 0 }, 3)
    expect(code(judge(lanes, entry(1, 0, true)))).toBe('delivery/forgotten')
    expect(code(judge(lanes, entry(2, 0, true)))).toBe('repeated 20')
    forget(lanes, { outcomes: 0, dedupeMs: 1_000, since: 0 }, 3)
    expect(code(judge(lanes, entry(3, 0, true)))).toBe('delivery/unknown')
    expect(lanes.lanes.size).toBe(0)
  })

  it('[EN14] outcomes older than dedupeMs go', () => {
    const lanes = decided(1, 2, 3)
    forget(lanes, { outcomes: 100, dedupeMs: 10, since: 0 }, 12)
    expect(code(judge(lanes, entry(1, 0, true)))).toBe('delivery/forgotten')
    expect(code(judge(lanes, entry(2, 0, true)))).toBe('repeated 20')
  })

  it('[EN7] any order of attempts executes each entry at most once and in the order of its lane', () => {
    const attempts = fc.array(
      fc.record({ producer: fc.constantFrom('p', 'q'), seq: fc.integer({ min: 1, max: 8 }), unsettled: fc.nat(3) }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(attempts, (tries) => {
        const lanes = noLanes()
        const executed = new Map<string, number[]>([
          ['p', []],
          ['q', []],
        ])
        for (const { producer, seq, unsettled } of tries) {
          const order = executed.get(producer) ?? []
          const tried = entry(seq, Math.max(0, seq - 1 - unsettled), order.includes(seq), producer)
          if (judge(lanes, tried)) continue
          decide(lanes, tried, accepted(1), 0)
          order.push(seq)
        }
        for (const order of executed.values()) {
          expect(order).toEqual([...new Set(order)].sort((a, b) => a - b))
        }
      }),
    )
  })
})
