import type { About, Told } from './text.js'
import { type Code, wordsOf } from './words.js'

/** Makes the code, the words and the values of an error. */
export const told = <C extends Code>(code: C, about?: About): Told<C> => ({
  code,
  ...wordsOf(code, about),
  ...(about && { about }),
})

export { refusalRemedy } from './refusal.js'
export type { Code } from './words.js'
