import type { Redactor } from '../core/redact.js'
import type { Refusal } from '../protocol/frame.js'

/**
 * Masks secrets that a server repeats in its refusals. Getters mask only when the text is read: most frames of a flood
 * have no reader.
 */
export const redacted = <F extends Refusal>(secrets: Redactor, frame: F): F => ({
  ...frame,
  get code() {
    return secrets.hide(frame.code).slice(0, 64)
  },
  get message() {
    return secrets.hide(frame.message)
  },
})
