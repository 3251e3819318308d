import * as fc from 'fast-check'
import { accountant, blankAccount, type Account } from '../../examples/demo/page/ledger.js'
import { roomError } from '../../lib/core/error.js'
import { gap, type Gap } from '../../lib/core/position.js'
import type { Message, Result } from '../../lib/index.js'

interface Other {
  readonly epoch?: string
  readonly id?: string
  readonly recovered?: boolean
}
const message = (offset: number, { epoch = 'a', id, recovered = false }: Other = {}): Result<Message<unknown>> => ({
  _tag: 'Right',
  right: {
    room: 'r',
    event: 'e',
    id: id ?? `${epoch}${offset}`,
    position: { epoch, offset },
    from: { user: 'u', session: 's' },
    at: 0,
    own: false,
    recovered,
    redelivered: false,
    data: undefined,
  },
})
const hole = (missing: Gap): Result<Message<unknown>> => ({
  _tag: 'Left',
  left: roomError({ code: 'room/gap', message: '', remedy: '', kind: 'terminal', room: 'r', gap: missing }),
})
const after = (...results: readonly Result<Message<unknown>>[]): Account => {
  const book = accountant()
  return results.reduce((_, result) => book(result), blankAccount)
}

describe('the books of the demo', () => {
  it('[DM14] count what was received and what the offsets say there was', () => {
    expect(after(message(7), message(8), message(9))).toMatchObject({
      received: 3,
      expected: 3,
      lost: 0,
      duplicates: 0,
    })
  })

  it('[DM14] show a skipped offset as lost, and what a gap tells as told', () => {
    expect(after(message(1), message(4))).toMatchObject({ received: 2, expected: 4, lost: 2, gaps: 0 })
    const told = hole(gap('r', { epoch: 'a', offset: 1 }, { epoch: 'a', offset: 3 }, 'truncated'))
    expect(after(message(1), told, message(4))).toMatchObject({
      received: 2,
      expected: 4,
      missing: 2,
      lost: 0,
      gaps: 1,
    })
  })

  it('[DM14] show another log as a gap if one was told, and as a loss if not', () => {
    const told = hole(gap('r', { epoch: 'a', offset: 5 }, { epoch: 'b', offset: 0 }, 'epoch'))
    expect(after(message(5), told, message(1, { epoch: 'b' }))).toMatchObject({
      received: 2,
      expected: 2,
      gaps: 1,
      lost: 0,
    })
    expect(after(message(5), told, message(2, { epoch: 'b' }))).toMatchObject({ received: 2, expected: 3, lost: 1 })
    expect(after(message(5), message(1, { epoch: 'b' }))).toMatchObject({ gaps: 0, lost: 1 })
  })

  it('[DM14] show an offset or an id that comes again as doubled', () => {
    expect(after(message(1), message(1))).toMatchObject({ received: 1, duplicates: 1 })
    expect(after(message(1), message(2, { id: 'a1' }))).toMatchObject({ received: 2, expected: 2, duplicates: 1 })
  })

  it('[DM14] tell what was caught up from what was there before', () => {
    const before = [message(1, { recovered: true }), message(2, { recovered: true }), message(3)]
    expect(after(...before)).toMatchObject({ caughtUp: 0 })
    expect(after(...before, message(4, { recovered: true }), message(5))).toMatchObject({ received: 5, caughtUp: 1 })
  })

  it('[DM14] always balance: what there was is what came, what is told missing, and what is lost', () => {
    const steps = fc.array(fc.record({ by: fc.integer({ min: -2, max: 4 }), isTold: fc.boolean() }), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (walk) => {
        const book = accountant()
        let account = book(message(10))
        let at = 10
        for (const { by, isTold } of walk) {
          const to = Math.max(1, at + by)
          if (isTold && to > at + 1)
            book(hole(gap('r', { epoch: 'a', offset: at }, { epoch: 'a', offset: to - 1 }, 'lost')))
          account = book(message(to))
          at = Math.max(at, to)
        }
        expect(account.expected).toBe(account.received + account.missing + account.lost)
        expect(account.expected).toBe(at - 9)
      }),
    )
  })
})
