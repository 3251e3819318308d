import fc from 'fast-check'
import type { Logged } from '../../lib/protocol/codec.js'

/** Texts with everything that goes wrong with texts: quotes, controls, wide characters, unpaired surrogates. */
export const anyText = (maxLength = 20): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ maxLength }),
    fc.string({ unit: 'binary', maxLength }),
    fc.string({
      unit: fc.constantFrom('"', '\\', '\n', '\u2028', '\0', 'é', '€', '😀', '\ud800', '\udc00', 'x'),
      maxLength,
    }),
  )

/** JSON values, among them objects that look like marks and objects with dangerous keys. */
export const anyJson = (): fc.Arbitrary<unknown> => {
  const key = fc.oneof(anyText(6), fc.constantFrom('$', '__proto__', 'constructor', 'prototype', 't', 'ref', 'length'))
  const scalar = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    anyText(),
  )
  const { value } = fc.letrec<{ value: unknown; list: unknown[]; record: object; marked: object }>((tie) => ({
    value: fc.oneof({ maxDepth: 4, depthSize: 'small' }, scalar, tie('list'), tie('record'), tie('marked')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    record: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(plain),
    marked: tie('value').map((inner) => ({ $: inner })),
  }))
  return value
}

/** As JSON.parse makes it: `__proto__` is a key like any other. */
const plain = (entries: readonly (readonly [string, unknown])[]): object => {
  const made = {}
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true })
  return made
}

/** Payloads as users give them: JSON values, bytes, nothing. */
export const anyPayload = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: anyJson() },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )

const count = fc.maxSafeNat()

/** A logged message, its payload aside. */
export const anyLogged = (): fc.Arbitrary<Omit<Logged, 'data'>> =>
  fc.record({
    offset: count.map((offset) => Math.max(1, offset)),
    id: anyText(),
    event: anyText(),
    from: fc.tuple(anyText(), anyText()),
    at: count,
  })
