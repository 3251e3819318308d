import { isPlain, payloadDepth } from './plain.js'

/**
 * Freezes plain objects and arrays, and their members, to the depth limit of payloads. Other values of a decoder, such
 * as dates, maps, bytes and class instances, stay as they are.
 */
export const frozen = <T>(value: T, levels = payloadDepth): T => {
  if (typeof value !== 'object' || value === null || levels < 0 || Object.isFrozen(value)) return value
  if (!Array.isArray(value) && !isPlain(value)) return value
  for (const member of Object.values(Object.freeze(value))) frozen(member, levels - 1)
  return value
}
