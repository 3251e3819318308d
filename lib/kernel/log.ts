import type { ConnectionState } from '../connection/model.js'
import { optionFault, required } from '../core/check.js'
import type { ConfigError, WebSocketError } from '../core/error.js'
import { maskParts } from '../core/redact-parts.js'
import type { Mask } from '../core/redact.js'
import { type Level, type Logger, loggerCheck, writing } from '../core/logger.js'
import type { Fault } from './fault.js'
import { errorText, stateText, type Undelivered, undeliveredText } from './log-texts.js'

/** Logs a client's events. */
export interface Log {
  readonly state: (state: ConnectionState) => void
  readonly fault: (what: Fault) => void
  readonly undelivered: (what: Undelivered) => void
  /** Logs a gap in a room, or a refused join. */
  readonly room: (because: WebSocketError) => void
}

/** The logger of a client, with the code that makes its lines: clients without one do not load that. */
export interface ClientLogger {
  /** The fault of its argument: it closes the client. */
  readonly fault?: ConfigError | undefined
  /** Masks secrets in all that the client tells. */
  readonly mask: Mask
  /** Starts to log; calls `threw` the first time the logger throws. */
  readonly attach: (now: () => number, threw: (said: string) => void) => Log
}

/**
 * Makes the logger of a client: `createClient({ url, logger: logTo(console) })`. Writes one line of text for each change
 * of the connection, fault, gap, refused join, and undelivered posted message: to `console`, pino, or any object with
 * some of `debug`, `info`, `warn` and `error`. Lines hold no payload and no secret. The client reports a logger that
 * throws as a fault, once. An invalid logger closes the client.
 */
export const logTo = (logger: Logger): ClientLogger => ({
  fault: optionFault({ logger }, { logger: required(loggerCheck) }),
  mask: maskParts,
  attach: (now, threw) => logging(logger, now, threw),
})

const levels: Partial<Record<ConnectionState['_tag'], Level>> = {
  Online: 'info',
  Waiting: 'warn',
  Stopped: 'error',
  Closed: 'info',
}

const levelOf = (state: ConnectionState): Level | undefined => {
  if (state._tag === 'Online' && state.quality !== 'good') return 'warn'
  return state._tag === 'Closed' && state.because ? 'error' : levels[state._tag]
}

const logging = (logger: Logger, now: () => number, threw: (said: string) => void): Log => {
  const write = writing(logger, threw)
  return {
    state: (state) => {
      // Skips the first state of a new client: nobody listens to its faults yet.
      if (state._tag === 'Idle' && state.because === 'never') return
      write(levelOf(state) ?? 'debug', stateText(state, now()))
    },
    fault: ({ _tag, message }) => {
      write(_tag === 'Defect' ? 'error' : 'warn', `${_tag}: ${message}`)
    },
    undelivered: (what) => {
      write('warn', undeliveredText(what))
    },
    room: (because) => {
      write('warn', errorText(because))
    },
  }
}
