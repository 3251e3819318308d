import type { ConnectionState } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import { type Level, type Logger, writing } from '../core/logger.js'
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

/** Writes to a logger; calls `threw` the first time the logger throws. */
export const logging = (logger: Logger, now: () => number, threw: (said: string) => void): Log => {
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
