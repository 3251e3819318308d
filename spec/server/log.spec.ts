import fc from 'fast-check'
import { baseFrom, emptyLog, page, push, slice, trim, truncate, weight, type Log } from '../../lib/server/log.js'
import type { From } from '../../lib/protocol/frame.js'
import type { Logged } from '../../lib/protocol/codec.js'

const message = (offset: number, data = 'x'): Logged => ({
  offset,
  id: `${offset}`,
  event: 'e',
  from: ['u', 's'],
  at: 0,
  data,
})

const filled = (count: number, bytes = 1): Log => {
  const log = emptyLog('E')
  for (let offset = 1; offset <= count; offset++) push(log, message(offset, 'x'.repeat(bytes)), offset)
  return log
}

const unbounded = { messages: Infinity, bytes: Infinity, ageMs: Infinity }
const offsets = (messages: readonly Logged[]): readonly number[] => messages.map(({ offset }) => offset)
const all = (log: Log): readonly number[] => offsets(slice(log, 0, { count: 1_000, bytes: Infinity }))

interface Row {
  readonly from: From | undefined
  readonly base: number
  readonly recovered: boolean
  readonly because: string | undefined
}

describe('log', () => {
  it('[EN1] holds messages by consecutive offsets from 1', () => {
    const log = filled(20)
    expect([log.first, log.head]).toEqual([1, 20])
    expect(all(log)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
  })

  it('[EN12] drops the oldest beyond the count', () => {
    const log = filled(10)
    trim(log, { ...unbounded, messages: 3 }, 10)
    expect(all(log)).toEqual([8, 9, 10])
    expect(log.bytes).toBe(2 * weight(message(8)) + weight(message(10)))
  })

  it('[EN12] drops the oldest beyond the bytes, but never the newest', () => {
    const log = filled(4, 1_000)
    trim(log, { ...unbounded, bytes: 2 * weight(message(1, 'x'.repeat(1_000))) }, 0)
    expect(all(log)).toEqual([3, 4])
    trim(log, { ...unbounded, bytes: 1 }, 0)
    expect(all(log)).toEqual([4])
  })

  it('[EN12] drops what is older than the age, down to the last', () => {
    const log = filled(5)
    trim(log, { ...unbounded, ageMs: 2 }, 5)
    expect(all(log)).toEqual([3, 4, 5])
    trim(log, { ...unbounded, ageMs: 2 }, 100)
    expect([log.first, log.head, log.bytes]).toEqual([6, 5, 0])
  })

  it('[EN1] goes on with the offsets after everything was dropped', () => {
    const log = filled(5)
    truncate(log)
    expect(all(log)).toEqual([])
    push(log, message(6), 6)
    expect([log.first, log.head]).toEqual([6, 6])
    expect(all(log)).toEqual([6])
  })

  it.each`
    from                           | base | recovered | because
    ${undefined}                   | ${9} | ${true}   | ${undefined}
    ${{ epoch: 'E', offset: 9 }}   | ${9} | ${true}   | ${undefined}
    ${{ epoch: 'E', offset: 6 }}   | ${6} | ${true}   | ${undefined}
    ${{ epoch: 'E', offset: 4 }}   | ${4} | ${true}   | ${undefined}
    ${{ epoch: 'E', offset: 3 }}   | ${4} | ${false}  | ${'truncated'}
    ${{ epoch: 'E', offset: 10 }}  | ${4} | ${false}  | ${'epoch'}
    ${{ epoch: 'old', offset: 6 }} | ${4} | ${false}  | ${'epoch'}
    ${{ last: 2 }}                 | ${7} | ${true}   | ${undefined}
    ${{ last: 0 }}                 | ${9} | ${true}   | ${undefined}
    ${{ last: 100 }}               | ${4} | ${true}   | ${undefined}
  `(
    '[EN8][EN9][EN10][EN11] a log of 5 to 9 gives $from the base $base $because',
    ({ from, base, recovered, because }: Row) => {
      const log = filled(9)
      trim(log, { ...unbounded, messages: 5 }, 0)
      expect(baseFrom(log, from)).toEqual({
        _tag: 'Base',
        epoch: 'E',
        first: 5,
        head: 9,
        base,
        recovered,
        ...(because ? { because } : {}),
      })
    },
  )

  it('[EN18] a page is bounded by count and bytes, and holds at least one message', () => {
    const log = filled(10, 100)
    expect(offsets(page(log, { epoch: 'E', offset: 2 }, { count: 3, bytes: 10_000 }).messages)).toEqual([3, 4, 5])
    expect(offsets(page(log, { epoch: 'E', offset: 2 }, { count: 9, bytes: 250 }).messages)).toEqual([3, 4])
    expect(offsets(page(log, { epoch: 'E', offset: 2 }, { count: 9, bytes: 1 }).messages)).toEqual([3])
    expect(page(log, { epoch: 'E', offset: 10 }, { count: 9, bytes: 1 }).messages).toEqual([])
  })

  it('[EN1] any appends and trims leave what a list would hold', () => {
    const step = fc.oneof(fc.constant('push' as const), fc.nat(6))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const log = emptyLog('E')
        let model: number[] = []
        for (const each of steps) {
          if (each === 'push') {
            push(log, message(log.head + 1), 0)
            model.push(log.head)
          } else {
            trim(log, { ...unbounded, messages: Math.max(1, each) }, 0)
            model = model.slice(-Math.max(1, each))
          }
          expect(all(log)).toEqual(model)
          expect(log.bytes).toBe(model.reduce((sum, offset) => sum + weight(message(offset)), 0))
        }
      }),
    )
  })
})
