import { isPlain, payloadDepth } from './plain.js'

/**
 * Freezes plain objects and arrays, and what they hold, as deep as payloads are. Anything else that a decoder made, such as
 * dates, maps, bytes and instances of classes, stays as it is.
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
