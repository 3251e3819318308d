import { isBytes } from '../core/bytes.js'
import { decode, encode } from '../core/base64.js'
import { payloadFlaw } from './field.js'

/**
 * Payloads in JSON: any JSON value stands for itself. A payload without a JSON form is an object whose only key is `$`:
 * `{"$":"base64"}` is bytes, `{"$":0}` is absence, and `{"$":[value]}` an object that looked like one of these.
 */
const isEscaped = (value: object): value is { readonly $: unknown } => '$' in value && Object.keys(value).length === 1

/** Converts a plain payload to a JSON value. */
export const escapedPlain = (value: unknown): unknown => {
  if (value === undefined) return { $: 0 }
  if (typeof value !== 'object' || value === null) return value
  if (isBytes(value)) return { $: toBase64(value) }
  return isEscaped(value) ? { $: [value] } : value
}

/** Encodes a plain payload as JSON text; `undefined` if its escape makes it deeper than payloads may be. */
export const payloadJson = (value: unknown): string | undefined => {
  const escaped = escapedPlain(value)
  return escaped === value || payloadFlaw(escaped) === undefined ? JSON.stringify(escaped) : undefined
}

/** Converts a JSON value back to its payload. */
export const unescaped = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !isEscaped(value)) return value
  const { $: inner } = value
  if (typeof inner === 'string') return fromBase64(inner)
  return Array.isArray(inner) ? inner[0] : undefined
}

const toBase64 = (bytes: Uint8Array): string => {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192))
  return encode(text)
}

const fromBase64 = (text: string): Uint8Array | undefined => {
  const binary = decode(text)
  return binary === undefined ? undefined : Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
