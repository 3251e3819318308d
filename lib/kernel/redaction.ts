import type { Redactor } from '../core/redact.js'
import type { Join, Joins, Refusal } from '../protocol/frame.js'

/** Secrets to remember: a client may be in many rooms, each with its own password or invitation. */
const most = 1_024

/** Registers the passwords and invitations of joins as secrets before they are written, and returns the joins. */
export const noted = (secrets: Redactor, joins: readonly (Join | Joins)[]): readonly (Join | Joins)[] => {
  for (const join of joins) {
    if ('password' in join) secrets.note(join.password, 'password', most)
    if ('invitation' in join) secrets.note(join.invitation, 'invitation', most)
  }
  return joins
}

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
