import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Whether two plain values are alike all the way down. An `asymmetricMatch` of the expected one decides for itself. */
export const alike = (actual: unknown, expected: unknown): boolean => {
  if (Object.is(actual, expected)) return true
  if (typeof expected !== 'object' || expected === null) return false
  if (isMatcher(expected)) return expected.asymmetricMatch(actual)
  if (typeof actual !== 'object' || actual === null) return false
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false
  if (actual instanceof Date && expected instanceof Date) return actual.getTime() === expected.getTime()
  if (actual instanceof Error && expected instanceof Error && actual.message !== expected.message) return false
  if (isCollection(actual) && isCollection(expected)) return alike([...actual], [...expected])
  return alikeRecords(actual, expected)
}

/** What `expect.any` and the like make. */
const isMatcher = (value: object): value is { readonly asymmetricMatch: (actual: unknown) => boolean } =>
  'asymmetricMatch' in value && typeof value.asymmetricMatch === 'function'

const isCollection = (value: object): value is Map<unknown, unknown> | Set<unknown> =>
  value instanceof Map || value instanceof Set

const alikeRecords = (actual: object, expected: object): boolean => {
  const keys = Object.keys(actual)
  return (
    keys.length === Object.keys(expected).length &&
    keys.every((key) => Object.hasOwn(expected, key) && alike(fieldOf(actual, key), fieldOf(expected, key)))
  )
}

const fieldOf = (value: object, key: string): unknown => (value as Readonly<Record<string, unknown>>)[key]

/** A value on one line. */
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
  if (value instanceof Error) return `[${value.name}: ${value.message}]`
  if (value instanceof Date) return `[${Number.isNaN(value.getTime()) ? 'no date' : value.toISOString()}]`
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
