import { reveal, Secret } from '../core/secret.js'

/** Holds the tokens themselves, so that states, logs and errors hold only their numbers. */
export interface Vault {
  /** Keeps a value under the next number; `undefined` if it was rejected before. */
  readonly put: (text: string) => number | undefined
  /** The text to write in a greeting or renewal. */
  readonly current: () => { readonly token: number; readonly text: string } | undefined
  /** The server refused the current token: it is never given out again. */
  readonly reject: () => void
  readonly clear: () => void
}

/** Remembers the current token and the last that was rejected. */
export const vault = (): Vault => {
  let count = 0
  let held: Secret | undefined
  let refused: Secret | undefined
  return {
    put: (text) => {
      if (refused && reveal(refused) === text) return undefined
      held = new Secret(text)
      return ++count
    },
    current: () => held && { token: count, text: reveal(held) },
    reject: () => {
      refused = held ?? refused
      held = undefined
    },
    clear: () => {
      held = undefined
    },
  }
}
