import type { WebSocketError } from '../error.js'
import type { Words } from './text.js'
import { isCode, wordsOf } from './words.js'

/**
 * Returns the message and the remedy of an error, also in builds for production, where errors have only their code and
 * the values that it is about.
 */
export const explain = ({ code, about, message, remedy }: WebSocketError): Words =>
  isCode(code) ? wordsOf(code, about) : { message, remedy }
