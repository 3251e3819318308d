import { isBytes } from '../core/bytes.js'
import { markPlain } from './payload.js'

/** Converts any payload to a JSON value. JSON changes it: calls `toJSON`, and drops members without a JSON form. */
export const mark = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || isBytes(value)) return markPlain(value)
  const json = hasToJson(value) ? value.toJSON() : value
  return typeof json === 'object' && json !== null && looksMarked(json) ? { $: [json] } : json
}

/** True if `$` is the only key that JSON keeps. */
const looksMarked = (value: object): boolean =>
  '$' in value && Object.entries(value).every(([key, inner]) => key === '$' || isDropped(inner))
const isDropped = (value: unknown): boolean => ['undefined', 'function', 'symbol'].includes(typeof value)

const hasToJson = (value: object): value is { readonly toJSON: () => unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function'
