import type { Redactor } from '../core/redact.js'
import type { Join, Refusal } from '../protocol/frame.js'

/** How many passwords are remembered: rooms may be many, each with one of its own. */
const passwords = 1_024

/** Joins that are about to be written, their secrets noted. */
export const noted = (secrets: Redactor, joins: readonly Join[]): readonly Join[] => {
  for (const { password = '' } of joins) secrets.note(password, 'password', passwords)
  return joins
}

/** Servers repeat secrets in what they say about them. They are looked for when the words are read: most frames of a flood are for nobody. */
export const discreet = <F extends Refusal>(secrets: Redactor, frame: F): F => ({
  ...frame,
  get code() {
    return secrets.hide(frame.code).slice(0, 64)
  },
  get message() {
    return secrets.hide(frame.message)
  },
})
