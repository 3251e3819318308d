import type { ConnectionState } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import { type Level, type Logger, writing } from '../core/logger.js'
import type { Fault } from './fault.js'

/** A message that was not delivered. */
interface Undelivered {
  readonly room: string
  readonly event: string
  readonly id: string
  readonly error: WebSocketError
}

/** Logs a client's events. */
export interface Log {
  readonly state: (state: ConnectionState) => void
  readonly fault: (what: Fault) => void
  readonly undelivered: (what: Undelivered) => void
  /** Logs a gap in a room, or a refused join. */
  readonly room: (because: WebSocketError) => void
}

const says = ({ message, code }: WebSocketError): string => `${message} (${code})`

/** The level and the text of a state. */
const stateLine = (state: ConnectionState, now: number): readonly [level: Level, text: string] => {
  switch (state._tag) {
    case 'Online':
      return state.quality === 'good' ? ['info', 'online'] : ['warn', `online, ${state.quality}`]
    case 'Waiting':
      return ['warn', `offline, next try in ${Math.max(0, Math.round(state.until - now))} ms: ${says(state.because)}`]
    case 'Stopped':
      return ['error', `stopped: ${says(state.because)}`]
    case 'Closed':
      return state.because ? ['error', `closed: ${says(state.because)}`] : ['info', 'closed']
    case 'Idle':
      return ['debug', `idle: ${state.because}`]
    default:
      return ['debug', state._tag.toLowerCase()]
  }
}

/** Writes to a logger; calls `threw` the first time the logger throws. */
export const logging = (logger: Logger, now: () => number, threw: (said: string) => void): Log => {
  const write = writing(logger, threw)
  return {
    state: (state) => {
      // Skips the first state of a new client: nobody listens to its faults yet.
      if (state._tag === 'Idle' && state.because === 'never') return
      write(...stateLine(state, now()))
    },
    fault: ({ _tag, message }) => {
      write(_tag === 'Defect' ? 'error' : 'warn', `${_tag}: ${message}`)
    },
    undelivered: ({ room, event, id, error }) => {
      write('warn', `not delivered: ${event} to ${room}, id ${id}: ${says(error)}`)
    },
    room: (because) => {
      write('warn', says(because))
    },
  }
}
