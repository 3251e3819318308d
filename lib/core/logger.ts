import * as E from '#fp/Either'
import type { Check } from './check.js'
import { guard } from './guard.js'
import { printable } from './printable.js'
import { hasMethods } from './shape.js'

/** Writes one line of text. */
export type Write = (line: string) => void

/**
 * The parts of a logger that the library uses: `console`, pino, winston and others fit. Levels without a method are not
 * logged.
 */
export interface Logger {
  readonly debug?: Write | undefined
  readonly info?: Write | undefined
  readonly warn?: Write | undefined
  readonly error?: Write | undefined
}

export type Level = keyof Logger

/** The test of the option `logger`. */
export const loggerCheck: Check = {
  expected: 'logger',
  is: (value) => ['debug', 'info', 'warn', 'error'].some((level) => hasMethods(value, level)),
}

/**
 * Writes to a logger. Reports a logger that throws once, and goes on; discards lines that arise while it writes, so it
 * cannot cause its own lines.
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
