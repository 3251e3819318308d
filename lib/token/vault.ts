import { maskParts } from '../core/redact-parts.js'
import { type Redactor, redactor } from '../core/redact.js'
import { reveal, Secret } from '../core/secret.js'

/** Holds the token texts, so that states, logs and errors hold only their numbers. */
export interface Vault {
  /** Keeps a value under the next number; `undefined` if it was rejected before. */
  readonly put: (text: string) => number | undefined
  /** The text to write in a hello or renewal. */
  readonly current: () => { readonly token: number; readonly text: string } | undefined
  /** The server refused this token: the vault never returns its text again, under any number. */
  readonly reject: (token: number) => void
  /** True if the last value was rejected, and no value was put since. */
  readonly lastWasRejected: () => boolean
  /** Masks the secrets in a foreign text. */
  readonly hide: (text: string) => string
  readonly clear: () => void
}

/** The number of values to remember: those sent to the server, and those that it rejected. */
const remembered = 32

/** Remembers the current token, its predecessors, and the rejected ones: the last 32 of each. */
export const vault = (secrets: Redactor = redactor()): Vault => {
  secrets.use(maskParts)
  const given = new Map<number, Secret>()
  const refused = new Set<string>()
  let count = 0
  let spoilt = false

  return {
    put: (text) => {
      secrets.note(text, 'token')
      if (refused.has(text)) return undefined
      given.set(++count, new Secret(text))
      given.delete(count - remembered)
      spoilt = false
      return count
    },
    current: () => {
      const held = given.get(count)
      return held && { token: count, text: reveal(held) }
    },
    reject: (token) => {
      const held = given.get(token)
      if (!held) return
      const text = reveal(held)
      if (refused.size === remembered) refused.delete([...refused][0] ?? '')
      refused.add(text)
      for (const [number, other] of given) if (reveal(other) === text) given.delete(number)
      spoilt = !given.has(count)
    },
    lastWasRejected: () => spoilt,
    hide: secrets.hide,
    clear: () => {
      given.clear()
    },
  }
}
