import type { Data } from '../../../core/ports.js'
import { seeded } from '../../random.js'

/** Payloads that look like the marks with which a codec may encode bytes and absent values. */
export const deceivers: readonly unknown[] = [
  { $: 'AQID' },
  { $: 0 },
  { $: [1] },
  { $: null },
  { $: { $: 0 } },
  { $: [{ $: 'AQID' }] },
  [{ $: 'AQID' }],
  { a: { $: 0 } },
  { $: 'AQID', b: 1 },
  { type: 'Buffer', data: [1, 2] },
  JSON.parse('{"__proto__":1}') as unknown,
  'undefined',
  '$',
]

const plain: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.1,
  1e21,
  2 ** 53 - 1,
  -(2 ** 31),
  65_536,
  '',
  'x',
  'é€😀',
  '"\\\n\u2028\0',
  'x'.repeat(300),
  [],
  {},
  [[]],
  [null],
  { a: [1, { b: 'c' }] },
  { length: 2 },
  { t: 'ping' },
  ['p', 1],
  ['m'],
  undefined,
  new Uint8Array(),
  new Uint8Array([1, 2, 3]),
  new Uint8Array([0, 255]),
]

const KEYS = ['a', '$', 't', 'ref', 'length', 'constructor', 'é', '']
const LETTERS = ['"', '\\', '\n', '\u2028', '\0', 'é', '€', '😀', 'x', '$']

/** Returns payloads as users give them: the unusual ones, and 200 random ones that are the same in every run. */
export const payloads = (): readonly unknown[] => {
  const random = seeded(18)
  const upTo = (count: number): number => Math.floor(random() * count)
  const one = <T>(of: readonly T[]): T => of[upTo(of.length)] as T
  const many = <T>(make: () => T): readonly T[] => Array.from({ length: upTo(4) }, make)
  const value = (depth: number): unknown => {
    switch (upTo(depth > 0 ? 6 : 4)) {
      case 0:
        return many(() => one(LETTERS)).join('')
      case 1:
        return upTo(2 ** 31) - 2 ** 30
      case 2:
        return random() * 1e6
      case 3:
        return one([null, true, false, 0, ''])
      case 4:
        return many(() => value(depth - 1))
      default:
        return Object.fromEntries(many(() => [one(KEYS), value(depth - 1)]))
    }
  }
  return [...plain, ...deceivers, ...Array.from({ length: 200 }, () => value(4))]
}

/** Invalid messages, which no peer sends. */
export const junk: readonly Data[] = [
  '',
  '{',
  '[1,]',
  '<html>502</html>',
  'undefined',
  '\ufeff{}',
  'NaN',
  '7',
  '[]',
  '"',
  '['.repeat(100_000),
  '['.repeat(50_000) + ']'.repeat(50_000),
  '\0',
  '\ud800',
  new Uint8Array(),
  new Uint8Array([0]),
  new Uint8Array([255, 255]),
  new Uint8Array([193]),
  new Uint8Array([221, 255, 255, 255, 255]),
  new Uint8Array(100_000).fill(145),
]
