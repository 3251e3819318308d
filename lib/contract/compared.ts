import { isPlain } from '../core/plain.js'

/** The difference between two values: none, only missing members, or any other. */
export type Comparison = 'same' | 'less' | 'other'

/** Compares plain data. */
export const compared = (value: unknown, whole: unknown): Comparison => {
  if (Object.is(value, whole)) return 'same'
  if (Array.isArray(value)) return Array.isArray(whole) ? items(value, whole) : 'other'
  return isRecord(value) && isRecord(whole) ? members(value, whole) : 'other'
}

const items = (value: readonly unknown[], whole: readonly unknown[]): Comparison =>
  value.length === whole.length ? all(value, (at) => compared(value[at], whole[at])) : 'other'

const members = (value: Fields, whole: Fields): Comparison => {
  const keys = Object.keys(value)
  const found = all(keys, (at) => {
    const key = keys[at] as string
    return Object.hasOwn(whole, key) ? compared(value[key], whole[key]) : 'other'
  })
  return found === 'same' && Object.keys(whole).length > keys.length ? 'less' : found
}

const all = (list: readonly unknown[], compare: (at: number) => Comparison): Comparison => {
  let found: Comparison = 'same'
  for (let at = 0; at < list.length && found !== 'other'; at++) {
    const next = compare(at)
    if (next !== 'same') found = next
  }
  return found
}

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value)
