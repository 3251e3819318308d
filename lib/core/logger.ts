import * as E from '#fp/Either'
import { type Check, hasMethods } from './check.js'
import { guard } from './guard.js'
import { printable } from './printable.js'

/** Takes one line of text. */
export type Write = (line: string) => void

/** The parts of a logger that are used: `console`, pino, winston and others fit. What is left out is not logged. */
export interface Logger {
  readonly debug?: Write | undefined
  readonly info?: Write | undefined
  readonly warn?: Write | undefined
  readonly error?: Write | undefined
}

export type Level = keyof Logger

/** The test of the option `logger`. */
export const loggerCheck: Check = {
  expected: 'an object with some of debug, info, warn and error, such as console',
  is: (value) => ['debug', 'info', 'warn', 'error'].some((level) => hasMethods(value, level)),
}

/**
 * Writes to a logger. A logger that throws is reported once and disturbs nothing; what happens while it writes is not
 * written, so it cannot cause its own lines.
 */
export const writing = (logger: Logger, threw: (said: string) => void): ((level: Level, text: string) => void) => {
  let isWriting = false
  let hasThrown = false
  return (level, text) => {
    if (isWriting) return
    isWriting = true
    const written = guard(() => logger[level]?.(`rx-rooms: ${printable(text)}`))
    if (E.isLeft(written) && !hasThrown) {
      hasThrown = true
      threw(written.left)
    }
    isWriting = false
  }
}
