import { isBytes } from '../core/bytes.js'
import { escapedPlain } from './payload.js'

/** Converts any payload to a JSON value. JSON changes it: calls `toJSON`, and drops members without a JSON form. */
export const escaped = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || isBytes(value)) return escapedPlain(value)
  const json = hasToJson(value) ? value.toJSON() : value
  return typeof json === 'object' && json !== null && looksEscaped(json) ? { $: [json] } : json
}

/** True if `$` is the only key that JSON keeps. */
const looksEscaped = (value: object): boolean =>
  '$' in value && Object.entries(value).every(([key, inner]) => key === '$' || isDropped(inner))
const isDropped = (value: unknown): boolean => ['undefined', 'function', 'symbol'].includes(typeof value)

const hasToJson = (value: object): value is { readonly toJSON: () => unknown } =>
  'toJSON' in value && typeof value.toJSON === 'function'
