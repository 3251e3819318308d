import fc from 'fast-check'
import { classify } from '../../lib/connection/classify.js'
import { closed } from '../../lib/connection/close-code.js'
import type { Kind } from '../../lib/core/error.js'
import { failure } from '../support/connection.js'

/** What is not worth another try as it is; everything else is. */
const others: Readonly<Record<number, Kind>> = {
  1008: 'terminal', 1010: 'terminal',
  3000: 'reauth', 3003: 'terminal',
  4400: 'terminal', 4401: 'reauth', 4403: 'terminal', 4409: 'terminal',
} // prettier-ignore
const codes = [
  ...Array.from({ length: 16 }, (_, index) => 1_000 + index),
  ...Array.from({ length: 2_000 }, (_, index) => 3_000 + index),
]

describe('close codes', () => {
  it('[CN7] [P8] each of 1000–1015 and 3000–4999 has a meaning', () => {
    for (const code of codes) {
      const { kind, message, remedy } = closed(code, '')
      expect([code, kind]).toEqual([code, others[code] ?? 'retry'])
      expect(message).toContain(String(code))
      expect(remedy).not.toBe('')
    }
  })

  it.each([
    1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 3000, 3003, 3008, 4400,
    4401, 4403, 4408, 4409, 4429,
  ])('[CN7] %d is told in words, and what to do about it', (code) => {
    const { kind, message, remedy } = closed(code, '')
    expect(kind).toBe(others[code] ?? 'retry')
    expect(message).toMatch(/^The socket was closed \(\d+\): (?!the code)[a-z][^"]{7,}\.$/)
    expect(remedy).toMatch(/\w{3}/)
  })

  it('[CN7] [P8] [T6] a normal close is as much a reason to come back as any other', () => {
    for (const code of [1000, 1001, 1005, 1006, 1011, 1012, 1013, 1015]) {
      expect(classify(closed(code, 'normal'))).toBe('retry')
    }
  })

  it('[CN7] [P11] what just dies is no reason to ask for another token', () => {
    expect(closed(1006, '')._tag).toBe('ConnectionError')
    expect(closed(4401, '')).toMatchObject({ _tag: 'AuthenticationError', code: 'auth/rejected', kind: 'reauth' })
  })

  it('[CN7] any code and reason: a bounded error that carries the code', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string({ maxLength: 200, size: 'max' }), (code, reason) => {
        const error = closed(code, reason)
        expect(error.message.length).toBeLessThan(200)
        expect(Object.isFrozen(error)).toBe(true)
        if (error._tag === 'ConnectionError') expect(error.closeCode).toBe(code)
      }),
    )
    expect(closed(4999, 'x'.repeat(100)).message).toContain(`"${'x'.repeat(64)}"`)
    expect(closed(4999, 'x'.repeat(100)).message).not.toContain('x'.repeat(65))
  })

  it('[CN7] a failure is judged by its kind alone', () => {
    expect(classify(failure('retry'))).toBe('retry')
    expect(classify(failure('unknown'))).toBe('retry')
    expect(classify(failure('reauth'))).toBe('reauthenticate')
    expect(classify(failure('terminal'))).toBe('terminal')
  })
})
