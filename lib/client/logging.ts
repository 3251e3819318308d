import * as E from '#fp/Either'
import type { ConnectionState } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import { guard } from '../core/guard.js'
import type { Fault } from './fault.js'
import type { Undelivered } from './outgoing.js'

/** Takes one line of text. */
export type Write = (line: string) => void

/** The parts of a logger that are used: `console`, pino, winston and others fit. What is left out is not logged. */
export interface Logger {
  readonly debug?: Write | undefined
  readonly info?: Write | undefined
  readonly warn?: Write | undefined
  readonly error?: Write | undefined
}

/** Writes what happens to a client. */
export interface Log {
  readonly state: (state: ConnectionState) => void
  readonly fault: (what: Fault) => void
  readonly undelivered: (what: Undelivered) => void
  /** A gap in a room, or a join that was refused. */
  readonly room: (because: WebSocketError) => void
}

type Level = keyof Logger

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

/**
 * Writes to a logger. A logger that throws is reported once and disturbs nothing; what happens while it writes is not
 * written, so it cannot cause its own lines.
 */
export const logging = (logger: Logger, now: () => number, threw: (said: string) => void): Log => {
  let isWriting = false
  let hasThrown = false
  const write = (level: Level, text: string): void => {
    if (isWriting) return
    isWriting = true
    const written = guard(() => logger[level]?.(`rx-rooms: ${text}`))
    if (E.isLeft(written) && !hasThrown) {
      hasThrown = true
      threw(written.left)
    }
    isWriting = false
  }
  return {
    state: (state) => {
      // A client that was just made: nobody listens to its faults yet.
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
