import { alike, show } from '../compare.js'

/** Throws an `Error` that begins with `what`, unless it holds. */
export const holds: (what: string, condition: boolean) => asserts condition = (what, condition) => {
  if (!condition) throw new Error(what)
}

/** Throws an `Error` that shows both, unless they are alike all the way down. */
export const equals = (what: string, actual: unknown, expected: unknown): void => {
  if (!alike(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`)
}

/** Like `equals`, for records of which only the fields of the expected one matter, all the way down. */
export const matches = (what: string, actual: unknown, expected: unknown): void => {
  if (!covers(actual, expected)) throw new Error(`${what}: expected at least ${show(expected)}, got ${show(actual)}`)
}

/** The value; throws an `Error` if there is none. */
export const present = <T>(what: string, value: T | undefined): T => {
  if (value === undefined) throw new Error(`${what}: there is none`)
  return value
}

const covers = (actual: unknown, expected: unknown): boolean => {
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => covers(actual[index], item))
    )
  if (!isPlain(expected)) return alike(actual, expected)
  if (typeof actual !== 'object' || actual === null) return false
  return Object.entries(expected).every(([key, value]) => covers((actual as Record<string, unknown>)[key], value))
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
