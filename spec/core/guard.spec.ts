import * as E from '#fp/Either'
import { guard, thrownText } from '../../lib/core/guard.js'

describe('the guard around functions of the user', () => {
  it('[CR3] hands on what they return', () => {
    expect(guard(() => undefined)).toEqual(E.right(undefined))
    expect(guard(() => 1)).toEqual(E.right(1))
  })

  const hostile = {
    toString: () => {
      throw new Error('again')
    },
  }
  it.each<readonly [string, unknown, string]>([
    ['an Error', new Error('boom'), 'boom'],
    ['a text', 'boom', 'boom'],
    ['undefined', undefined, 'undefined'],
    ['a symbol', Symbol('boom'), 'Symbol(boom)'],
    ['what has no prototype', Object.create(null), 'something that has no text'],
    ['what throws when it is printed', hostile, 'something that has no text'],
    ['an Error whose message is none', Object.assign(new Error(), { message: 5 }), 'Error: 5'],
    ['a long text', 'x'.repeat(1_000_000), 'x'.repeat(200)],
  ])('[CR3] [CR14] makes a bounded Left of %s', (_what, thrown, text) => {
    const result = guard(() => {
      throw thrown
    })
    expect(result).toEqual(E.left(text))
    expect(thrownText(thrown)).toBe(text)
  })
})
