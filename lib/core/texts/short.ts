import type { About, Told } from './text.js'
import type { Code } from './words.js'

/** Makes the code and the values of an error, with no words but these. */
export const told = <C extends Code>(code: C, about?: About): Told<C> => ({
  code,
  message: [code, ...Object.values(about ?? {})].join(' '),
  remedy: '',
  ...(about && { about }),
})
