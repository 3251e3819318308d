import fc from 'fast-check'
import * as t from 'io-ts'
import * as v from 'valibot'
import { z } from 'zod'
import * as E from '#fp/Either'
import { decoderOf, encoderOf, identityDecoder } from '../../lib/contract/event-codec.js'
import { type AnyContract, anything, contract } from '../../lib/contract/contract.js'
import type { Mismatch } from '../../lib/contract/mismatch.js'
import { unchecked } from '../../lib/contract/validator.js'

const DateText = new t.Type<Date, string>(
  'DateText',
  (value): value is Date => value instanceof Date,
  (raw, context) => {
    if (typeof raw !== 'string') return t.failure(raw, context)
    const date = new Date(raw)
    return Number.isNaN(date.getTime()) ? t.failure(raw, context) : t.success(date)
  },
  (date) => date.toISOString(),
)

const Chat = contract({
  events: {
    message: t.strict({ text: t.string, at: DateText }),
    typing: t.void,
    moved: z.object({ x: z.number(), y: z.number() }),
    length: v.pipe(
      v.string(),
      v.transform((text) => text.length),
    ),
    raw: unchecked<Uint8Array>(),
  },
})

const nonsense = (parts: unknown): AnyContract => contract(parts as never)
const leftOf = (result: E.Either<Mismatch, unknown>): Mismatch => {
  if (E.isRight(result)) throw new Error('expected a Left')
  return result.left
}
const only = (validator: unknown): AnyContract => nonsense({ events: { event: validator } })
const decoding = (validator: unknown, raw: unknown): Mismatch => leftOf(decoderOf(only(validator), 'event')(raw))
const encoding = (validator: unknown, value: unknown): Mismatch => leftOf(encoderOf(only(validator), 'event')(value))

describe('a contract', () => {
  it('[CO1] mixes io-ts codecs, Standard Schema validators and unchecked payloads', () => {
    expect(Chat.faults).toEqual([])
    const at = new Date('2026-11-23T00:00:00.000Z')
    expect(decoderOf(Chat, 'message')({ text: 'hi', at: at.toISOString() })).toEqual(E.right({ text: 'hi', at }))
    expect(decoderOf(Chat, 'moved')({ x: 1, y: 2 })).toEqual(E.right({ x: 1, y: 2 }))
    expect(decoderOf(Chat, 'length')('four')).toEqual(E.right(4))
  })

  it('[CO2] sends what io-ts encodes, without unknown properties, and the input of a Standard Schema', () => {
    const at = new Date('2026-11-23T00:00:00.000Z')
    const sent = encoderOf(Chat, 'message')({ text: 'hi', at, secret: 1 })
    expect(sent).toEqual(E.right({ text: 'hi', at: at.toISOString() }))
    expect(encoderOf(Chat, 'length')('four')).toEqual(E.right('four'))
    expect(leftOf(encoderOf(Chat, 'length')(4)).actual).toBe('4')
  })

  it('[CO2] what encodes decodes to the same again', () => {
    const { right } = encoderOf(Chat, 'message')({ text: 'hi', at: new Date(0) }) as { readonly right: unknown }
    expect(decoderOf(Chat, 'message')(JSON.parse(JSON.stringify(right)))).toEqual(
      E.right({ text: 'hi', at: new Date(0) }),
    )
  })

  it('[CO3] knows a Standard Schema first, also where it is a function or looks like io-ts too', () => {
    const validate = (value: unknown): unknown => ({ value: ['standard', value] })
    const callable = Object.assign(() => undefined, { '~standard': { version: 1, vendor: 'spec', validate } })
    const both = Object.assign(Object.create(t.string) as object, {
      '~standard': { version: 1, vendor: 'spec', validate },
    })
    for (const schema of [callable, both]) {
      expect(decoderOf(only(schema), 'event')(1)).toEqual(E.right(['standard', 1]))
    }
  })

  it('[CO3] knows io-ts codecs that were made without a tag', () => {
    expect('_tag' in DateText).toBe(false)
    expect(E.isRight(decoderOf(only(DateText), 'event')('2026-11-23'))).toBe(true)
  })

  it('[CO4] compiles once per contract and event', () => {
    expect(decoderOf(Chat, 'message')).toBe(decoderOf(Chat, 'message'))
    expect(encoderOf(Chat, 'moved')).toBe(encoderOf(Chat, 'moved'))
    expect(decoderOf(Chat, 'message')).not.toBe(decoderOf(only(t.string), 'event'))
  })

  it('[CO5] takes absence for a void payload and nothing else', () => {
    expect(decoderOf(Chat, 'typing')(undefined)).toEqual(E.right(undefined))
    expect(encoderOf(Chat, 'typing')(undefined)).toEqual(E.right(undefined))
    expect(leftOf(decoderOf(Chat, 'typing')(null))).toEqual({ path: '', expected: 'void', actual: 'null' })
  })

  it('[CO6] refuses events that it does not name, inherited names among them', () => {
    for (const event of ['massage', 'constructor', '__proto__', 'toString', '']) {
      expect(leftOf(decoderOf(Chat, event)({}))).toMatchObject({ expected: 'an event of the contract' })
      expect(leftOf(encoderOf(Chat, event)({}))).toMatchObject({ expected: 'an event of the contract' })
    }
  })

  it('[CO6] takes events whose names an object inherits, where it names them', () => {
    const odd = nonsense({ events: JSON.parse('{"__proto__":1,"constructor":2}') as unknown })
    expect(odd.faults).toHaveLength(2)
    expect(E.isRight(decoderOf(contract({ events: { constructor: t.string } }), 'constructor')('a'))).toBe(true)
  })

  it('[CO7] does not touch what is unchecked, by one decoder that can be skipped', () => {
    const bytes = new Uint8Array([1])
    expect(decoderOf(Chat, 'raw')).toBe(identityDecoder)
    expect(encoderOf(Chat, 'raw')(bytes)).toEqual(E.right(bytes))
    expect(decoderOf(Chat, 'raw')(bytes)).toEqual(E.right(bytes))
  })

  it('[CO8] anything takes every event', () => {
    expect(anything.faults).toEqual([])
    expect(decoderOf(anything, 'whatever')).toBe(identityDecoder)
    expect(encoderOf(anything, '__proto__')([1, { a: null }])).toEqual(E.right([1, { a: null }]))
  })

  it('[CO9] refuses validators that answer later, and a late rejection ends nothing', () => {
    const slow = z.string().refine(() => Promise.resolve(true))
    const late = { '~standard': { version: 1, vendor: 'spec', validate: () => Promise.reject(new Error('late')) } }
    expect(decoding(late, 1)).toEqual({ path: '', expected: 'a synchronous validator', actual: 'a promise' })
    expect(encoding(late, 1)).toEqual({ path: '', expected: 'a synchronous validator', actual: 'a promise' })
    expect(decoding(slow, 'a').expected).toBe('a synchronous validator')
  })

  it('[CO9] a validator that throws or answers nonsense is a Left', () => {
    const thrower = (): never => {
      throw new Error('x'.repeat(1_000))
    }
    const throwing = new t.Type('throwing', thrower as never, thrower, thrower)
    const standard = (validate: () => unknown): unknown => ({ '~standard': { version: 1, vendor: 'spec', validate } })
    for (const validator of [throwing, standard(thrower)]) {
      for (const { expected, actual } of [decoding(validator, 1), encoding(validator, 1)]) {
        expect(expected).toBe('a validator that does not throw')
        expect(actual).toHaveLength(64)
      }
    }
    for (const answer of [undefined, null, 5, 'no']) {
      expect(
        decoding(
          standard(() => answer),
          1,
        ).expected,
      ).toBe('a validator that answers')
    }
    for (const issues of [[], [{}], [{ message: 'no', path: null }], 'no', { length: 1 }]) {
      expect(E.isLeft(decoderOf(only(standard(() => ({ issues }))), 'event')(1))).toBe(true)
    }
  })
})

describe('a contract that is nonsense', () => {
  const throwing = {
    get events(): never {
      throw new Error('no events today')
    },
  }
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'chat'],
    ['no events', {}],
    ['events that are a list', { events: [] }],
    ['a getter that throws', throwing],
  ])('[CO10] does not throw and decodes to Left: %s', (_name, parts) => {
    const made = nonsense(parts)
    expect(made.faults).toHaveLength(1)
    expect(leftOf(decoderOf(made, 'message')({})).expected).toBe('a sound contract')
    expect(leftOf(encoderOf(made, 'message')({})).expected).toBe('a sound contract')
  })

  it('[CO10] tells each fault, and its sound events go on', () => {
    const made = nonsense({ events: { good: t.string, bad: 5 } })
    expect(made.faults).toEqual(['events.bad: expected an io-ts codec or a Standard Schema validator, not 5'])
    expect(E.isRight(decoderOf(made, 'good')('a'))).toBe(true)
    expect(leftOf(decoderOf(made, 'bad')('a'))).toMatchObject({ actual: '5' })
    expect(leftOf(decoderOf(made, 'unknown')('a')).expected).toBe('an event of the contract')
  })

  it('[CO10] what contract() did not make decodes and encodes to Left', () => {
    for (const made of [undefined, 5, { events: { message: t.string } }, throwing]) {
      expect(leftOf(decoderOf(made, 'message')('a')).expected).toBe('a sound contract')
      expect(leftOf(encoderOf(made, 'message')('a')).expected).toBe('a sound contract')
    }
  })

  it('[CO10] any value whatever, and any payload', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), fc.anything(), (parts, event, raw) => {
        for (const made of [nonsense(parts), only(parts), parts]) {
          decoderOf(made, event)(raw)
          encoderOf(made, event)(raw)
        }
      }),
    )
  })
})

describe('a mismatch', () => {
  const Author = t.strict({ name: t.string, born: DateText })
  const Post = t.intersection([
    t.type({ author: Author, tags: t.array(t.string) }),
    t.partial({
      score: t.union([t.number, t.null]),
      meta: t.record(t.string, t.number),
      span: t.tuple([t.number, t.number]),
    }),
  ])
  const post = { author: { name: 'Ada', born: '1815-12-10' }, tags: ['a'] }
  const born = new Date(0)

  it.each([
    ['a leaf', { ...post, author: { ...post.author, name: 1 } }, 'author.name', 'string', '1'],
    ['an absence', { ...post, author: { born: '1815-12-10' } }, 'author.name', 'string', 'undefined'],
    ['an index', { ...post, tags: ['a', 2] }, 'tags.1', 'string', '2'],
    ['a union as a whole', { ...post, score: 'high' }, 'score', '(number | null)', '"high"'],
    ['a record', { ...post, meta: { depth: 'deep' } }, 'meta.depth', 'number', '"deep"'],
    ['the whole', 5, '', '{ author: {| name: string, born: DateText |}, tags: Array<strin…', '5'],
  ])('[CO11] is told at its place by io-ts: %s', (_name, raw, path, expected, actual) => {
    expect(decoding(Post, raw)).toEqual({ path, expected, actual })
  })

  it('[CO11] is told inside the alternative that a tag chose', () => {
    const Shape = t.union([
      t.strict({ kind: t.literal('dot'), x: t.number }),
      t.strict({ kind: t.literal('line'), length: t.number }),
    ])
    expect(decoding(t.array(Shape), [{ kind: 'dot', x: 'a' }])).toEqual({
      path: '0.x',
      expected: 'number',
      actual: '"a"',
    })
    expect(decoding(Shape, { kind: 'cube' })).toMatchObject({ path: '', actual: 'an object' })
  })

  it.each([
    ['a leaf beside one that only encodes', { author: { name: 1, born }, tags: [] }, 'author.name', 'string', '1'],
    ['what was encoded already', { ...post }, 'author.born', 'DateText', '"1815-12-10"'],
    ['an index', { author: { name: 'Ada', born }, tags: ['a', 2] }, 'tags.1', 'string', '2'],
    ['an optional', { author: { name: 'Ada', born }, tags: [], score: 'x' }, 'score', '(number | null)', '"x"'],
    ['a record', { author: { name: 'Ada', born }, tags: [], meta: { a: 'x' } }, 'meta.a', 'number', '"x"'],
    ['a tuple', { author: { name: 'Ada', born }, tags: [], span: [1] }, 'span.1', 'number', 'undefined'],
  ])('[CO11] is told at its place before sending: %s', (_name, value, path, expected, actual) => {
    expect(encoding(Post, value)).toEqual({ path, expected, actual })
  })

  it('[CO11] is told at its place by a Standard Schema', () => {
    const Deep = z.object({ list: z.array(z.object({ name: z.string() })) })
    expect(decoding(Deep, { list: [{ name: 'a' }, { name: 5 }] })).toMatchObject({ path: 'list.1.name', actual: '5' })
    const Deeper = v.object({ list: v.array(v.object({ name: v.string() })) })
    expect(decoding(Deeper, { list: [{ name: 'a' }, {}] })).toMatchObject({ path: 'list.1.name', actual: 'undefined' })
  })

  it('[CO12] [P29] is bounded for a payload of a megabyte', () => {
    const secret = 'hunter2'.repeat(150_000)
    const key = 'k'.repeat(1_000)
    const valibot = v.record(v.string(), v.number())
    const mismatches = [
      decoding(t.record(t.string, t.number), { [key]: secret }),
      decoding(z.record(z.string(), z.number()), { [key]: secret }),
      decoding(valibot, { [key]: secret }),
      encoding(valibot, { [key]: secret }),
      decoding(z.string().max(3, secret), secret),
      decoding(t.number, [secret]),
      decoding(t.keyof(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`option${n}`, null]))), { secret }),
    ]
    for (const { path, expected, actual } of mismatches) {
      expect(path.length).toBeLessThanOrEqual(128)
      expect(expected.length).toBeLessThanOrEqual(64)
      expect(actual.length).toBeLessThanOrEqual(64)
    }
    expect(decoding(t.number, { token: secret })).toEqual({ path: '', expected: 'number', actual: 'an object' })
  })
})
