import { isBytes } from '../core/bytes.js'
import { payloadDepth } from '../core/plain.js'
import { byteLength } from './utf8.js'

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
      const flaw = isSound(item) ? undefined : payloadFlaw(item, levels - 1)
      if (flaw !== undefined) return flaw
    }
    return undefined
  }
  for (const key in value) {
    const member = (value as Fields)[key]
    const flaw = isSound(member) ? undefined : payloadFlaw(member, levels - 1)
    if (flaw !== undefined) return flaw
  }
  return undefined
}

/** True for most members of payloads: a call of `payloadFlaw` for each of four took 0.1 µs more. */
const isSound = (value: unknown): boolean =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
