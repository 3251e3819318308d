import { isPlain } from '../core/plain.js'

/** The difference between two values: none, only missing members, or any other. The larger number is the worse one. */
export const [same, less, other] = [0, 1, 2] as const

/** Compares plain data. */
export const compared = (value: unknown, whole: unknown): number => {
  if (Object.is(value, whole)) return same
  if (!isComparable(value) || !isComparable(whole)) return other
  const keys = Object.keys(value)
  const isLonger = Object.keys(whole).length > keys.length
  if (Array.isArray(value) ? !Array.isArray(whole) || isLonger : Array.isArray(whole)) return other
  let found: number = isLonger ? less : same
  for (const key of keys) found = Math.max(found, Object.hasOwn(whole, key) ? compared(value[key], whole[key]) : other)
  return found
}

type Fields = Readonly<Record<string, unknown>>

const isComparable = (value: unknown): value is Fields => Array.isArray(value) || isPlain(value)
