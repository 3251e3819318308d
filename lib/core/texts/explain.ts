import type { WebSocketError } from '../error.js'
import { refusalRemedy } from './refusal.js'
import { terse, type Words } from './text.js'
import { isCode, wordsOf } from './words.js'

/**
 * Returns the message and the remedy of an error, also in builds for production, where errors have only their code and
 * the values that it is about. A server's refusal has the server's own message in every build.
 */
export const explain = ({ code, kind, about, message, remedy }: WebSocketError): Words => {
  if (remedy !== '') return { message, remedy }
  return isCode(code) && message === terse(code, about)
    ? wordsOf(code, about)
    : { message, remedy: refusalRemedy(code, kind) }
}
