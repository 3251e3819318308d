import { Ansis } from 'ansis'
import { epochNow } from '../core/platform.js'
import { printable } from '../core/printable.js'

/** A terminal, or a stream in its place. */
export interface Sink {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly write: (text: string) => unknown
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown
}

/** Messages for people on stderr: lines, and on a terminal one line that is redrawn. */
export interface Notes {
  readonly paint: Ansis
  /** True for a terminal that can draw. */
  readonly isLive: boolean
  readonly columns: () => number
  readonly say: (text: string) => void
  readonly warn: (text: string) => void
  readonly fail: (text: string) => void
  /** Prints a text unchanged. */
  readonly print: (text: string) => void
  /** Prints a log line with the time. */
  readonly log: (level: 'info' | 'warn', text: string) => void
  /** Draws the last line; an empty text removes it. Does nothing without a terminal that can draw. */
  readonly draw: (text: string) => void
  /** Removes the drawn line before other output; `draw` shows it again. */
  readonly clear: () => void
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Creates colours for a stream: none without a terminal or where `NO_COLOR` is set. */
export const painter = ({ isTTY = false }: Sink, { NO_COLOR = '', FORCE_COLOR = '', TERM }: Environment): Ansis => {
  const isWanted = FORCE_COLOR !== '' ? FORCE_COLOR !== '0' : isTTY && NO_COLOR === '' && TERM !== 'dumb'
  return new Ansis(isWanted ? 1 : 0)
}

const eraseLine = '\r\u001b[2K'

export const notes = (to: Sink, environment: Environment): Notes => {
  const paint = painter(to, environment)
  const isLive = to.isTTY === true && environment['TERM'] !== 'dumb'
  let drawn = false
  to.on('error', () => undefined)

  const clear = (): void => {
    if (drawn) to.write(eraseLine)
    drawn = false
  }
  const line = (text: string, style: (text: string) => string): void => {
    clear()
    to.write(`${style(`rx-rooms: ${printable(text)}`)}\n`)
  }

  return {
    paint,
    isLive,
    columns: () => (to.columns !== undefined && to.columns > 0 ? to.columns : 80),
    say: (text) => {
      line(text, paint.dim)
    },
    warn: (text) => {
      line(text, paint.yellow)
    },
    fail: (text) => {
      line(text, paint.red)
    },
    print: (text) => {
      clear()
      to.write(`${text}\n`)
    },
    log: (level, text) => {
      clear()
      const time = new Date(epochNow()).toISOString()
      to.write(`${paint.dim(time)} ${level === 'warn' ? paint.yellow(level) : level} ${printable(text)}\n`)
    },
    draw: (text) => {
      if (!isLive) return
      clear()
      if (text === '') return
      to.write(text)
      drawn = true
    },
    clear,
  }
}
