import { VirtualTimeScheduler } from 'rxjs'
import { caseOf } from '../../../lib/testing/conformance/case.js'
import { equals, holds, matches, present } from '../../../lib/testing/conformance/check.js'
import { eventually } from '../../../lib/testing/conformance/eventually.js'

describe('what cases are made of', () => {
  it('[CF1] says what was expected and what was there', () => {
    expect(() => holds('it floats', false)).toThrow('it floats')
    expect(() => equals('bytes', { a: [1] }, { a: [2] })).toThrow('bytes: expected { a: [2] }, got { a: [1] }')
    expect(() => matches('answer', { a: 1, b: 2 }, { a: 2 })).toThrow('answer: expected at least { a: 2 }, got')
    expect(() => present('socket', undefined)).toThrow('socket: there is none')
  })

  it('[CF1] is content with what is alike', () => {
    equals('bytes', new Uint8Array([1]), new Uint8Array([1]))
    equals('absence', undefined, undefined)
    matches('answers', [{ a: 1, b: { c: 1, d: 2 } }], [{ b: { c: 1 } }])
    expect(present('text', '')).toBe('')
    for (const [actual, expected] of [
      [{ a: 1 }, { a: 1, b: 1 }],
      [[1, 2], [1]],
      [null, { a: 1 }],
      [1, { a: 1 }],
      ['text', { length: 5 }],
    ])
      expect(() => matches('no', actual, expected)).toThrow('no: ')
  })

  it('[CF1] a case rejects with what its body throws, at once or later', async () => {
    const boom = (): never => {
      throw new Error('boom')
    }
    await expect(caseOf('throws', boom).run()).rejects.toThrow('boom')
    await expect(caseOf('rejects', async () => boom()).run()).rejects.toThrow('boom')
    await caseOf('does nothing', () => {}).run()
  })

  it('[CF2] waits for a condition, and no longer than its deadline', async () => {
    const scheduler = new VirtualTimeScheduler()
    let looks = 0
    const seen = eventually('third look', () => ++looks === 3, { scheduler, everyMs: 5, deadlineMs: 100 })
    scheduler.flush()
    await seen
    expect([looks, scheduler.frame]).toEqual([3, 10])
    const never = eventually('here', () => false, { scheduler, everyMs: 5, deadlineMs: 100 })
    scheduler.flush()
    await expect(never).rejects.toThrow('never here')
    expect(scheduler.frame).toBe(110)
    await eventually('true', () => true)
  })
})
