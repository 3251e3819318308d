import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Compares two plain values deeply. If the expected value has the method `asymmetricMatch`, that method decides. */
export const alike = (actual: unknown, expected: unknown): boolean => {
  if (Object.is(actual, expected)) return true
  if (typeof expected !== 'object' || expected === null) return false
  if (isMatcher(expected)) return expected.asymmetricMatch(actual)
  if (typeof actual !== 'object' || actual === null) return false
  if (!isSameKind(actual, expected)) return false
  if (isDate(actual) && isDate(expected)) return actual.getTime() === expected.getTime()
  if (isError(actual) && isError(expected) && actual.message !== expected.message) return false
  if (isCollection(actual) && isCollection(expected)) return alike([...actual], [...expected])
  return alikeRecords(actual, expected)
}

/** True for an asymmetric matcher, such as the result of `expect.any`. */
const isMatcher = (value: object): value is { readonly asymmetricMatch: (actual: unknown) => boolean } =>
  'asymmetricMatch' in value && typeof value.asymmetricMatch === 'function'

/** Returns the built-in type name of an object, the same in every realm: `Date`, `Map`, `Object`. */
const kindOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1)

/** True if both have the same prototype, or the same type and class name, as objects of two realms have. */
const isSameKind = (one: object, other: object): boolean => {
  const [a, b] = [Object.getPrototypeOf(one) as object | null, Object.getPrototypeOf(other) as object | null]
  return (
    a === b || (a !== null && b !== null && kindOf(one) === kindOf(other) && a.constructor.name === b.constructor.name)
  )
}

const isDate = (value: object): value is Date => kindOf(value) === 'Date'

const isError = (value: object): value is Error => kindOf(value) === 'Error'

const isCollection = (value: object): value is Map<unknown, unknown> | Set<unknown> =>
  ['Map', 'Set'].includes(kindOf(value))

const alikeRecords = (actual: object, expected: object): boolean => {
  const keys = Object.keys(actual)
  return (
    keys.length === Object.keys(expected).length &&
    keys.every((key) => Object.hasOwn(expected, key) && alike(fieldOf(actual, key), fieldOf(expected, key)))
  )
}

const fieldOf = (value: object, key: string): unknown => (value as Readonly<Record<string, unknown>>)[key]

/** Formats a value on one line. Values nested deeper than `depth` appear as `…`. */
export const show = (value: unknown, depth = 3): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return `[function ${value.name}]`
    case 'object':
      return value === null ? 'null' : showObject(value, depth)
    default:
      return String(value)
  }
}

const showObject = (value: object, depth: number): string => {
  if (isEither(value))
    return E.isLeft(value) ? `left(${show(value.left, depth)})` : `right(${show(value.right, depth)})`
  if (isError(value)) return `[${value.name}: ${value.message}]`
  if (isDate(value)) return `[${Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()}]`
  if (depth === 0) return Array.isArray(value) ? '[…]' : '{…}'
  if (Array.isArray(value)) return `[${value.map((item) => show(item, depth - 1)).join(', ')}]`
  if (isCollection(value)) return `${value.constructor.name} ${showObject([...value], depth)}`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} {${Object.values(value).join(', ')}}`
  const fields = Object.keys(value).map((key) => `${key}: ${show(fieldOf(value, key), depth - 1)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

const isEither = (value: object): value is Either<unknown, unknown> =>
  Object.keys(value).length === 2 &&
  '_tag' in value &&
  ((value._tag === 'Left' && 'left' in value) || (value._tag === 'Right' && 'right' in value))
