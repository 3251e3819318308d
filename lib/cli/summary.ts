import { exit, type Exit, exitCodes, inWords } from './exit.js'
import type { Signal } from './io.js'
import { type BadInput, inputWords } from './lines.js'
import type { Tally } from './outgoing.js'
import type { Source } from './source.js'
import { plural } from './text.js'

/** The reason for an early end of sending: an invalid line, a signal, or the connection. */
export interface Ended {
  input?: BadInput
  signal?: Signal
  exit?: Exit
}

/** The outcome of sending. */
export interface Outcome {
  readonly tally: Tally
  readonly source: Source
  readonly ended: Ended
  readonly elapsedMs: number
}

/** Ends `send` with one line. Code 0 means that all input was read and every message was acknowledged; `because` says so. */
export const summarize = ({ tally, source, ended, elapsedMs }: Outcome): Exit => {
  const { given, sent, acknowledged, unknown, first } = tally
  const all = source.total ?? given
  const doubt = unknown > 0 ? ` (${unknown} may have arrived all the same)` : ''
  if (ended.signal) {
    const { code } = exitCodes[ended.signal]
    return { code, because: `interrupted: ${acknowledged} of ${plural(all, 'message')} acknowledged${doubt}` }
  }
  if (sent === 0 && ended.exit) return ended.exit
  if (sent === 0 && ended.input) return exit('usage', `${inputWords(ended.input)}; nothing was sent`)
  const rest = ended.input && `${inputWords(ended.input)}; nothing after it was sent`
  if (acknowledged < all) {
    const where = source.isNumbered && first ? `, line ${first.number}` : ''
    const why = ended.exit?.because ?? (first ? inWords(first.error) : 'nothing was sent')
    const failure = `${all - acknowledged} of ${plural(all, 'message')} not acknowledged${doubt}; first error${where}: ${why}`
    return exit('undelivered', rest === undefined ? failure : `${failure}; then ${rest}`)
  }
  if (ended.exit) return ended.exit
  if (rest !== undefined) return exit('usage', `${rest}; the ${plural(acknowledged, 'message')} before it acknowledged`)
  return {
    code: 0,
    because: all === 0 ? 'nothing to send' : `${plural(all, 'message')} acknowledged in ${seconds(elapsedMs)}`,
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
