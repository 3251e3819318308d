import * as E from '#fp/Either'
import fc from 'fast-check'
import { readClient } from '../../lib/protocol/client-frames.js'
import type { Read } from '../../lib/protocol/read.js'
import { isMsg, readServer } from '../../lib/protocol/server-frames.js'
import { json } from '../../lib/protocol/json.js'
import { anyJson, anyText } from './arbitrary.js'
import { clientFrames, serverFrames } from '../../lib/testing/conformance/codec/frames.js'

const frames = [...Object.values(clientFrames), ...Object.values(serverFrames)]
const texts = frames.map((frame) => json.encode(frame))

/** All that a receiver does with a message, and what it must hold to. */
const receive = (text: string): void => {
  const result = json.unpack(text)
  if (E.isLeft(result)) return
  const wrong = result.right.filter((raw) => {
    isMsg(raw)
    return !holds(readClient(raw)) || !holds(readServer(raw))
  })
  expect(wrong).toEqual([])
}

/** A frame can be stored and written again; what is said of the others is short. */
const holds = (read: Read<unknown> & { readonly ref?: number }): boolean => {
  if (read._tag === 'Frame') {
    const { frame } = read
    return Array.isArray(frame) && frame[0] === 'p'
      ? typeof json.stored(frame[8]) === 'string'
      : typeof frame === 'object'
  }
  const text = read._tag === 'Unknown' ? read.t : read.because
  return text.length <= 192 && (read.ref === undefined || (Number.isSafeInteger(read.ref) && read.ref >= 0))
}

const own = (): readonly string[] => Object.getOwnPropertyNames(Object.prototype)

describe('frames from hell', () => {
  const before = own()
  afterEach(() => {
    expect(own()).toEqual(before)
    expect(({} as Readonly<Record<string, unknown>>)['polluted']).toBeUndefined()
  })

  it('[PR11] [P16] reads any JSON without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(anyJson(), fc.array(anyJson(), { maxLength: 12 })), (value) => {
        receive(JSON.stringify(value))
      }),
      { numRuns: 500 },
    )
  })

  it('[PR11] [P16] reads frames with any field replaced, without throwing', () => {
    const paths = frames.flatMap((frame) => pathsOf(frame).map((path) => ({ frame, path })))
    fc.assert(
      fc.property(fc.constantFrom(...paths), anyJson(), ({ frame, path }, value) => {
        receive(JSON.stringify(replaced(frame, path, value)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('[PR5] [P16] reads frames cut off anywhere, spoilt anywhere, and glued together', () => {
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(400), anyText(3), (text, at, junk) => {
        receive(text.slice(0, at))
        receive(text.slice(0, at) + junk + text.slice(at))
        receive(`[${text},${text.slice(0, at)}]`)
      }),
      { numRuns: 500 },
    )
  })

  it('[PR13] [P16] lets nothing reach a prototype', () => {
    const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"prototype":{"polluted":1}}'
    for (const text of texts) {
      receive(text.replace(/\{/g, `{"__proto__":${evil},`).replace(/,\}/g, '}'))
      receive(text.replace(/\{/g, `{"constructor":${evil},`).replace(/,\}/g, '}'))
      receive(text.replace(/\[/g, `[${evil},`).replace(/,\]/g, ']'))
    }
    receive(evil)
    receive(`[${evil}]`)
  })

  it('[PR21] [P16] survives what is huge and what is deep', () => {
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    const wide = JSON.stringify(Array.from({ length: 100_000 }, (_, at) => at))
    for (const value of [deep(50_000), `{"a":${deep(20_000)}}`, wide, JSON.stringify('x'.repeat(1_000_000))]) {
      receive(value)
      receive(`["p",1,"r","x1",1,0,"m1","e",${value},0]`)
      receive(`["m",1,1,"m1","e",["u","s"],0,${value}]`)
      receive(`["a","e1",0,${value}]`)
      receive(`{"t":${value}}`)
      receive(`{"t":"hello","can":${value},"session":${value},"rooms":${value}}`)
      receive(`{"t":"join","ch":1,"room":${value},"want":[],"from":${value}}`)
      receive(`{"t":"joined","ch":1,"info":${value}}`)
      receive(`{"t":"welcome","limits":${value}}`)
    }
  })

  it('[PR11] reads what is no JSON value, too', () => {
    const cycle: Record<string, unknown> = { t: 'join' }
    cycle['room'] = cycle
    const values: readonly unknown[] = [
      undefined,
      () => 1,
      Symbol('s'),
      10n,
      NaN,
      -0,
      new Date(0),
      new Map(),
      new Uint8Array(3),
      cycle,
      [cycle],
      Object.create(null) as unknown,
    ]
    for (const value of values) {
      for (const raw of [
        value,
        [value],
        { t: value },
        { t: 'join', ch: 1, room: value, want: [value] },
        ['m', value],
        ['p', 1, value],
      ]) {
        expect(readClient(raw)._tag).not.toBe('Frame')
        expect(readServer(raw)._tag).not.toBe('Frame')
      }
    }
  })
})

const pathsOf = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
  typeof value === 'object' && value !== null
    ? [
        ...(path.length > 0 ? [path] : []),
        ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key])),
      ]
    : [path]

const replaced = (value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown => {
  if (key === undefined) return by
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...(value as unknown[])] as never)
    : { ...(value as object) }
  copy[key] = replaced(copy[key], rest, by)
  return copy
}
