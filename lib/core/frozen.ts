import { isPlain, payloadDepth } from './plain.js'

/**
 * Freezes plain objects and arrays, and their members, to the depth limit of payloads. Other values of a decoder, such
 * as dates, maps, bytes and class instances, stay as they are.
 */
export const frozen = <T>(value: T): T => {
  freeze(value, payloadDepth)
  return value
}

const freeze = (value: unknown, levels: number): void => {
  if (typeof value !== 'object' || value === null || levels < 0 || Object.isFrozen(value)) return
  if (!Array.isArray(value) && !isPlain(value)) return
  Object.freeze(value)
  for (const member of Object.values(value)) freeze(member, levels - 1)
}
