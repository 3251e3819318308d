import fc from 'fast-check'
import {
  authenticationError,
  configError,
  connectionError,
  decodeError,
  deliveryError,
  excerpt,
  roomError,
  streamError,
} from '../../lib/core/error.js'
import { gap } from '../../lib/core/position.js'

const said = { message: 'what happened', remedy: 'what to do', kind: 'retry' } as const
const message = { room: 'r', event: 'e', id: 'i' }

describe('errors', () => {
  it.each([
    ['ConnectionError', connectionError({ ...said, code: 'connection/closed', closeCode: 1006 })],
    ['AuthenticationError', authenticationError({ ...said, code: 'auth/rejected' })],
    ['RoomError', roomError({ ...said, code: 'room/forbidden', room: 'r' })],
    ['DeliveryError', deliveryError({ ...said, ...message, code: 'delivery/timeout', executed: 'no' })],
    ['DecodeError', decodeError({ ...said, code: 'decode/payload', path: 'a.b', expected: 'text', actual: '5' })],
    ['StreamError', streamError({ ...said, code: 'stream/empty' })],
    ['ConfigError', configError({ ...said, code: 'config/invalid', option: 'url' })],
  ])('[CR14] %s is plain, frozen and survives JSON', (tag, error) => {
    expect([error._tag, error.name]).toEqual([tag, tag])
    expect(Object.isFrozen(error)).toBe(true)
    expect(Object.getPrototypeOf(error)).toBe(Object.prototype)
    expect(JSON.parse(JSON.stringify(error))).toEqual(error)
  })

  it('[CR14] [P29] an excerpt of anything is a text of at most 64 characters', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (value) => {
          expect(excerpt(value).length).toBeLessThanOrEqual(64)
        },
      ),
    )
    expect(excerpt('x'.repeat(1_000_000))).toBe(`"${'x'.repeat(62)}…`)
  })

  it.each<readonly [unknown, string]>([
    ['hi', '"hi"'],
    ['a\nb', '"a\\nb"'],
    [null, 'null'],
    [undefined, 'undefined'],
    [5, '5'],
    [10n, '10'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [[1, 2], 'an array of 2'],
    [new Uint8Array(3), 'bytes'],
    [{ password: 'hunter2' }, 'an object'],
    [(): number => 5, 'a function'],
  ])('[CR14] an excerpt of %p says %s and shows no fields', (value, text) => {
    expect(excerpt(value)).toBe(text)
  })

  it('[CR14] a gap counts what is missing where that is possible', () => {
    const from = { epoch: 'E', offset: 5 }
    expect(gap('r', from, { epoch: 'E', offset: 9 }, 'truncated')).toEqual({
      room: 'r',
      from,
      to: { epoch: 'E', offset: 9 },
      because: 'truncated',
      missing: 4,
    })
    expect(gap('r', from, { epoch: 'F', offset: 9 }, 'epoch')).not.toHaveProperty('missing')
  })
})
