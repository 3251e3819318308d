import { alike, show } from '../compare.js'

/** Throws an `Error` with the message `what` if the condition is false. */
export const holds: (what: string, condition: boolean) => asserts condition = (what, condition) => {
  if (!condition) throw new Error(what)
}

/** Throws an `Error` that shows both values if they are not deeply equal. */
export const equals = (what: string, actual: unknown, expected: unknown): void => {
  if (!alike(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`)
}

/** Like `equals`, but ignores fields that the expected records do not have, at every depth. */
export const matches = (what: string, actual: unknown, expected: unknown): void => {
  if (!covers(actual, expected)) throw new Error(`${what}: expected at least ${show(expected)}, got ${show(actual)}`)
}

/** Returns the value. Throws an `Error` if it is `undefined`. */
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
