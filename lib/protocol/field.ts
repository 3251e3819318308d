import { isBytes } from '../core/bytes.js'
import { excerpt } from '../core/error.js'
import { payloadDepth } from '../core/plain.js'
import { bounds } from './frame.js'
import { byteLength } from './utf8.js'

/** The fault of a field and its place: the expected value, and at most 64 characters of the actual one. */
export type Fault = string | undefined

export type Fields = Readonly<Record<string, unknown>>

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** True for an object that is neither a list nor bytes, and has no own key that could reach a prototype. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !isBytes(value) &&
  !Object.hasOwn(value, '__proto__') &&
  !Object.hasOwn(value, 'constructor') &&
  !Object.hasOwn(value, 'prototype')

/** True for a whole number from 0 to 2⁵³−1. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** True for a text of 1 to `bytes` bytes of UTF-8, without unpaired surrogates, which not every language can hold. */
export const isName = (value: unknown, bytes: number): value is string => {
  if (typeof value !== 'string' || value === '' || value.length > bytes) return false
  const size = byteLength(value)
  return size === value.length || (size <= bytes && !unpaired.test(value))
}
const unpaired = /\p{Surrogate}/u

/** Checks a parsed payload: it must not nest too deep, nor hold a number without a JSON form. */
export const payloadFlaw = (value: unknown, levels: number = payloadDepth): string | undefined => {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'numbers in the range of a double'
  if (typeof value !== 'object' || value === null || isBytes(value)) return undefined
  if (levels === 0) return `at most ${payloadDepth} levels`
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) {
      const flaw = payloadFlaw(item, levels - 1)
      if (flaw !== undefined) return flaw
    }
    return undefined
  }
  for (const key in value) {
    const flaw = payloadFlaw((value as Fields)[key], levels - 1)
    if (flaw !== undefined) return flaw
  }
  return undefined
}

export const wrong = (where: string, expected: string, actual: unknown): string =>
  `${where}: expected ${expected}, got ${actual === undefined ? 'nothing' : excerpt(actual)}`.replace(
    /\p{Surrogate}/gu,
    '�',
  )

/** As `wrong`, for a value that may hold a secret: shows only its type. */
export const wrongSecret = (where: string, expected: string, actual: unknown): string =>
  `${where}: expected ${expected}, got ${typeof actual === 'string' ? 'another text' : actual === undefined ? 'nothing' : typeof actual}`

export const fields = (where: string, value: unknown): Fault =>
  isFields(value) ? undefined : wrong(where, 'an object without reserved keys', value)

export const count = (where: string, value: unknown): Fault =>
  isCount(value) ? undefined : wrong(where, 'a whole number from 0', value)

export const positive = (where: string, value: unknown): Fault =>
  isCount(value) && value > 0 ? undefined : wrong(where, 'a whole number from 1', value)

export const instant = (where: string, value: unknown): Fault =>
  Number.isFinite(value) ? undefined : wrong(where, 'a time in ms', value)

export const flag = (where: string, value: unknown): Fault =>
  typeof value === 'boolean' ? undefined : wrong(where, 'true or false', value)

export const text = (where: string, value: unknown): Fault =>
  typeof value === 'string' ? undefined : wrong(where, 'a text', value)

export const texts = (where: string, value: unknown): Fault =>
  isList(value) && value.every((item) => typeof item === 'string') ? undefined : wrong(where, 'a list of texts', value)

export const secret = (where: string, value: unknown): Fault =>
  typeof value === 'string' && value !== '' ? undefined : wrongSecret(where, 'a text', value)

export const name = (where: string, value: unknown, bytes: number): Fault =>
  isName(value, bytes) ? undefined : wrong(where, `a text of 1 to ${bytes} bytes`, value)

/** Checks an optional field; `null` does not count as absent. */
export const maybe = (check: (where: string, value: unknown) => Fault, where: string, value: unknown): Fault =>
  value === undefined ? undefined : check(where, value)

export const position = (where: string, value: unknown): Fault =>
  isFields(value)
    ? (name(`${where}.epoch`, value['epoch'], bounds.idBytes) ?? count(`${where}.offset`, value['offset']))
    : wrong(where, 'a position', value)

export const payload = (where: string, value: unknown): Fault => {
  const flaw = payloadFlaw(value)
  return flaw === undefined ? undefined : `${where}: expected ${flaw}`
}
