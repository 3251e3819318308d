import { type About, terse, type Told } from './text.js'
import type { Code } from './words.js'

/** Makes the code and the values of an error, with no words but these. */
export const told = <C extends Code>(code: C, about?: About): Told<C> => ({
  code,
  message: terse(code, about),
  remedy: '',
  ...(about && { about }),
})

export type { Code } from './words.js'

/** The remedy of a server's refusal: none. */
export const refusalRemedy = (): string => ''
