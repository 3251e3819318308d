import { runInNewContext } from 'node:vm'
import { anything } from '../../lib/contract/contract.js'
import { isBytes } from '../../lib/core/bytes.js'
import { excerpt } from '../../lib/core/error.js'
import { thrownText } from '../../lib/core/guard.js'
import { isFields } from '../../lib/protocol/field.js'
import { alike, show } from '../../lib/testing/compare.js'
import { world } from '../../lib/testing/world.js'
import { data } from '../support/chat.js'
import { see } from '../support/seen.js'

const foreign = (code: string): unknown => runInNewContext(code)

describe('values of another realm', () => {
  const bytes = foreign('new Uint8Array([104, 105])')

  it('[RT3] bytes are told by their shape', () => {
    expect(bytes).not.toBeInstanceOf(Uint8Array)
    for (const each of [bytes, new Uint8Array(2), Buffer.from('hi')]) expect(isBytes(each)).toBe(true)
    for (const each of [
      [1],
      { length: 1 },
      new Int8Array(1),
      new ArrayBuffer(1),
      { [Symbol.toStringTag]: 'Uint8Array' },
      null,
    ])
      expect(isBytes(each)).toBe(false)
    expect(excerpt(bytes)).toBe('bytes')
    expect(isFields(bytes)).toBe(false)
  })

  it.each([
    ['another realm', bytes],
    ['Buffer', Buffer.from('hi')],
  ])('[RT3] bytes are sent as bytes: %s', (_, sent) => {
    const { client, time, end } = world()
    const reader = see(client().room('files', anything).on('file'))
    time.advanceBy(100)
    client().room('files', anything).post('file', sent)
    time.advanceBy(100)
    expect(data(reader.all)).toEqual([new Uint8Array([104, 105])])
    expect(end()).toBe(0)
  })

  it('[RT3] an error that is thrown is told by its message', () => {
    expect(thrownText(foreign('new TypeError("no")'))).toBe('no')
  })

  it('[RT3] dates, errors and collections are compared and shown as what they are', () => {
    const made = '({ at: new Date(5), map: new Map([[1, new Set([2])]]), error: new Error("no"), list: [1] })'
    const here = { at: new Date(5), map: new Map([[1, new Set([2])]]), error: new Error('no'), list: [1] }
    const there = foreign(made)
    expect(alike(there, here)).toBe(true)
    expect(alike(there, { ...here, at: new Date(6) })).toBe(false)
    expect(alike(there, { ...here, error: new Error('yes') })).toBe(false)
    expect(alike(there, { ...here, map: new Map([[1, new Set([3])]]) })).toBe(false)
    expect(alike(there, { ...here, list: { 0: 1 } })).toBe(false)
    expect(show(there)).toBe(show(here))
  })
})
