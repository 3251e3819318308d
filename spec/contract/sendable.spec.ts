import vm from 'node:vm'
import * as t from 'io-ts'
import * as v from 'valibot'
import { z } from 'zod'
import * as E from '#fp/Either'
import { decoderOf, encoderOf } from '../../lib/contract/event-codec.js'
import { anything, contract } from '../../lib/contract/contract.js'
import { unchecked } from '../../lib/contract/validator.js'

const made = (validator: unknown) => contract({ events: { event: validator as t.Any } })
const sent = (validator: unknown, value: unknown) => encoderOf(made(validator), 'event')(value)
const isDate = (value: unknown): value is Date => value instanceof Date
const DateObject = new t.Type<Date, Date>(
  'Date',
  isDate,
  (raw, context) => (isDate(raw) ? t.success(raw) : t.failure(raw, context)),
  (date) => date,
)
const AnyObject = new t.Type<object>(
  'object',
  (value): value is object => typeof value === 'object' && value !== null,
  (raw, context) => (typeof raw === 'object' && raw !== null ? t.success(raw) : t.failure(raw, context)),
  (value) => value,
)
const Bytes = new t.Type<Uint8Array, Uint8Array>(
  'Bytes',
  (value): value is Uint8Array => value instanceof Uint8Array,
  (raw, context) => (raw instanceof Uint8Array ? t.success(raw) : t.failure(raw, context)),
  (bytes) => bytes,
)
const cycle = (): unknown => {
  const loop: Record<string, unknown> = {}
  return { loop: (loop['self'] = loop) }
}
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
class Point {
  readonly x: number
  readonly y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
}
class Hidden {
  #x = 1
  get x(): number {
    return this.#x
  }
}
/** A document that says itself what stands for it, with a link to its parent. */
class Item {
  readonly children: Item[] = []
  readonly id: string
  readonly parent: Item | undefined
  constructor(id: string, parent?: Item) {
    this.id = id
    this.parent = parent
    parent?.children.push(this)
  }
  toJSON(): unknown {
    return { id: this.id }
  }
}
const item = { item: new Item('leaf', new Item('root')) }
const holed: string[] = []
holed[1] = 'b'

describe('what JSON cannot represent', () => {
  it.each<[string, unknown, unknown, string]>([
    ['NaN', t.strict({ celsius: t.number }), { celsius: NaN }, 'celsius'],
    ['Infinity', t.number, Infinity, ''],
    ['a hole that a union takes', t.array(t.union([t.string, t.undefined])), holed, '0'],
    ['undefined in a tuple', t.tuple([t.string, t.undefined]), ['a', undefined], '1'],
    ['bytes within an object', t.type({ file: Bytes }), { file: new Uint8Array(2) }, 'file'],
    ['a Buffer, whose toJSON is no word of the application', anything, { file: Buffer.from('a') }, 'file'],
    ['a Map in an unknown part', t.type({ meta: t.unknown }), { meta: new Map() }, 'meta'],
    ['a symbol as a member', unchecked(), { a: { b: Symbol('x') } }, 'a.b'],
    ['a function as a member', unchecked(), { list: [{ run: () => 1 }] }, 'list.0.run'],
    ['a bigint', z.object({ n: z.bigint() }), { n: 1n }, 'n'],
    ['a zod map', z.map(z.string(), z.number()), new Map([['a', 1]]), ''],
    ['a zod set', z.object({ tags: z.set(z.string()) }), { tags: new Set(['a']) }, 'tags'],
    ['a zod nan', z.nan(), NaN, ''],
    ['a zod optional in a list', z.array(z.string().optional()), ['a', undefined], '1'],
    ['a boxed number', unchecked(), { n: Object(5) as unknown }, 'n'],
    ['an error', unchecked(), { because: new Error('no') }, 'because'],
    ['a regular expression of another realm', unchecked(), { at: vm.runInNewContext('/a/') as unknown }, 'at'],
    ['a Float64Array', unchecked(), { data: new Float64Array(1) }, 'data'],
    ['an ArrayBuffer as a whole', unchecked(), new ArrayBuffer(1), ''],
    ['a date that is none', unchecked(), { at: new Date(NaN) }, 'at'],
    ['a cycle', unchecked(), cycle(), 'loop.self'],
    ['more than 64 levels', unchecked(), deep(65), Array(64).fill('0').join('.')],
    ['a toJSON that gives more', unchecked(), { deep: { toJSON: () => deep(100) } }, 'deep.0'],
    ['a toJSON that gives NaN', unchecked(), [{ toJSON: () => ({ x: NaN }) }], '0.x'],
    ['a toJSON that gives nothing, in a list', unchecked(), [{ toJSON: () => undefined }], '0'],
    ['a date that toJSON gives', unchecked(), { at: { toJSON: () => new Date(0) } }, 'at'],
  ])('[CO13] %s is refused with its path', (_, validator, value, path) => {
    const contracted = validator === anything ? encoderOf(anything, 'event')(value) : sent(validator, value)
    expect(contracted).toMatchObject({ _tag: 'Left' })
    const { left } = contracted as E.Left<{ readonly path: string }>
    expect(left.path.startsWith(path)).toBe(true)
    if (path === '') expect(left.path).toBe('')
  })

  it('[CO13] says what was expected and what was there', () => {
    expect(sent(unchecked(), { when: [new Set()] })).toEqual(
      E.left({ path: 'when.0', expected: 'a plain object, an array or a toJSON method', actual: 'an instance of Set' }),
    )
    expect(sent(t.number, -Infinity)).toEqual(E.left({ path: '', expected: 'a finite number', actual: '-Infinity' }))
  })

  it.each<[string, unknown, unknown]>([
    ['-0, as 0', -0, 0],
    ['a member that is undefined, as absent', { a: 1, b: undefined }, { a: 1 }],
    ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['an object of another realm', vm.runInNewContext('({ a: [1] })'), { a: [1] }],
    ['half a character', 'a\ud800', 'a\ud800'],
    ['the key __proto__', JSON.parse('{"__proto__":{"a":1}}'), JSON.parse('{"__proto__":{"a":1}}')],
    ['what is told twice', [item, item], [{ item: { id: 'leaf' } }, { item: { id: 'leaf' } }]],
    ['64 levels', deep(64), deep(64)],
    ['bytes as the whole payload', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ['nothing', undefined, undefined],
  ])('[CO13] %s is represented', (_, value, arrives) => {
    const encoded = encoderOf(anything, 'event')(value)
    expect(encoded).toEqual(E.right(arrives))
    const { right } = encoded as E.Right<unknown>
    if (arrives !== undefined && !(arrives instanceof Uint8Array))
      expect(JSON.stringify(JSON.parse(JSON.stringify(right)))).toBe(JSON.stringify(arrives))
  })
})

describe('what stands for a value in JSON', () => {
  it.each<[string, unknown, unknown, unknown]>([
    ['toJSON, whatever is behind it', unchecked(), item, { item: { id: 'leaf' } }],
    ['toJSON that a codec decodes', t.type({ item: t.type({ id: t.string }) }), item, { item: { id: 'leaf' } }],
    ['a Date for who coerces', z.object({ at: z.coerce.date() }), { at: new Date(0) }, { at: new Date(0).toJSON() }],
    ['a Date for who trusts', unchecked(), { at: new Date(0) }, { at: new Date(0).toJSON() }],
    [
      'the fields of an instance',
      t.type({ at: t.type({ x: t.number }) }),
      { at: new Point(1, 2) },
      { at: { x: 1, y: 2 } },
    ],
    ['the fields of a schema’s instance', v.object({ x: v.number(), y: v.number() }), new Point(1, 2), { x: 1, y: 2 }],
    ['an optional field', z.object({ a: z.string().optional() }), { a: undefined }, {}],
  ])('[CO14] %s', (_, validator, value, arrives) => {
    const encoded = sent(validator, value)
    expect(encoded).toEqual(E.right(arrives))
    expect(E.isRight(decoderOf(made(validator), 'event')(arrives))).toBe(true)
  })

  it.each<[string, unknown, unknown]>([
    ['a Date for an object', t.type({ at: AnyObject }), { at: new Date(0) }],
    ['a Date for a codec that encodes to itself', DateObject, new Date(0)],
    ['a Date for z.date', z.object({ at: z.date() }), { at: new Date(0) }],
    ['an instance whose fields are hidden', t.type({ x: t.number }), new Hidden()],
    ['an instance that nobody checks', unchecked(), { at: new Point(1, 2) }],
    ['z.instanceof', z.instanceof(Point), new Point(1, 2)],
    ['a member that must be there', v.object({ a: v.undefined_() }), { a: undefined }],
  ])('[CO14] is refused where the contract does not decode it: %s', (_, validator, value) => {
    expect(E.isLeft(sent(validator, value))).toBe(true)
  })

  it.each<[string, unknown, unknown, unknown]>([
    ['what z.object leaves out', z.object({ name: z.string() }), { name: 'ana', hash: 'x' }, { name: 'ana' }],
    [
      'what it leaves out further in',
      z.array(z.object({ by: z.object({ name: z.string() }) })),
      [{ by: { name: 'ana', hash: 'x' } }, { by: { name: 'ben' } }],
      [{ by: { name: 'ana' } }, { by: { name: 'ben' } }],
    ],
    ['what valibot leaves out', v.object({ a: v.number() }), { a: 1, b: 2 }, { a: 1 }],
  ])('[CO2] of a Standard Schema is without %s', (_, validator, value, arrives) => {
    expect(sent(validator, value)).toEqual(E.right(arrives))
  })

  it.each<[string, unknown, unknown]>([
    ['what a loose object takes', z.looseObject({ a: z.number() }), { a: 1, b: 2 }],
    ['what a transform makes something else of', z.object({ a: z.string().transform(Number) }), { a: '1', b: 2 }],
    [
      'what a transform needs',
      z.object({ a: z.number(), b: z.number() }).transform(({ a }) => ({ a })),
      { a: 1, b: 2 },
    ],
    ['a list that a transform cuts', z.array(z.number()).transform((all) => all.slice(1)), [1, 2]],
  ])('[CO2] of a Standard Schema keeps %s', (_, validator, value) => {
    expect(sent(validator, value)).toEqual(E.right(value))
  })

  it('[CO2] is read once: what a getter says next does not matter', () => {
    let asked = 0
    const lazy = {
      get value(): number {
        return ++asked === 1 ? 1 : NaN
      },
    }
    const { right } = encoderOf(anything, 'event')(lazy) as E.Right<unknown>
    expect(JSON.stringify(right)).toBe('{"value":1}')
    expect(asked).toBe(1)
  })

  it('[CO13] what throws when it is read is refused', () => {
    const broken = {
      get value(): number {
        throw new Error('not loaded')
      },
    }
    expect(sent(unchecked(), broken)).toEqual(
      E.left({ path: '', expected: 'a JSON value or bytes', actual: 'not loaded' }),
    )
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(E.isLeft(sent(unchecked(), { proxy }))).toBe(true)
  })
})
