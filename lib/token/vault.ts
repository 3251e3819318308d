import { type Redactor, redactor } from '../core/redact.js'
import { reveal, Secret } from '../core/secret.js'

/** Holds the tokens themselves, so that states, logs and errors hold only their numbers. */
export interface Vault {
  /** Keeps a value under the next number; `undefined` if it was rejected before. */
  readonly put: (text: string) => number | undefined
  /** The text to write in a greeting or renewal. */
  readonly current: () => { readonly token: number; readonly text: string } | undefined
  /** The server refused this token: its text is never given out again, under whatever number. */
  readonly reject: (token: number) => void
  /** The last value was rejected, and none was put since. */
  readonly isSpoilt: () => boolean
  /** A text of somebody else without secrets. */
  readonly hide: (text: string) => string
  readonly clear: () => void
}

/** How many values are remembered: those on their way to the server, and those that it rejected. */
const remembered = 32

/** Remembers the current token, the ones before it, and those that were rejected: the last 32 of each. */
export const vault = (secrets: Redactor = redactor()): Vault => {
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
    isSpoilt: () => spoilt,
    hide: secrets.hide,
    clear: () => {
      given.clear()
    },
  }
}
