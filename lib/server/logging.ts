import { type Level, type Logger, writing } from '../core/logger.js'
import type { Bye } from '../protocol/frame.js'
import type { ServerFault } from './metrics.js'
import { meaningOf, type RefusalCode } from './refusal.js'

/** Writes the events of one connection. Connections have numbers. */
export interface ConnectionLog {
  readonly welcomed: (user: string) => void
  /** Writes only the code, because the message of a refusal may quote a frame. */
  readonly refused: (code: string) => void
  readonly closed: (how: string) => void
}

/** Writes the events of a server. */
export interface Log {
  /** Writes that a socket was accepted. */
  readonly opened: () => ConnectionLog
  /** Writes that a handshake was refused before there was a connection. */
  readonly handshake: (because: string) => void
  readonly fault: (what: ServerFault) => void
  readonly draining: (bye: Bye, links: number, now: number) => void
  /** Writes that no connection is left; writes nothing without a drain. */
  readonly drained: (now: number) => void
  readonly closed: () => void
}

/** Refusals that the server or its application requested, or that any reconnect may cause. */
const expected: ReadonlySet<string> = new Set<RefusalCode>([
  'server/draining',
  'server/closed',
  'session/superseded',
  'session/replaced',
  'session/revoked',
  'auth/expired',
])

/** Returns the code and the reason of a close, with at most 64 characters of the reason. */
export const closedWith = (code: number, reason: string): string => `${code} ${reason.slice(0, 64)}`.trimEnd()

/** Returns a log for a logger, or `undefined` without one. Calls `threw` once if the logger throws. */
export const logging = (logger: Logger | undefined, threw: (said: string) => void): Log | undefined => {
  if (!logger) return undefined
  const write = writing(logger, threw)
  let links = 0
  let drainingSince: number | undefined
  let isClosed = false
  return {
    opened: () => {
      const name = `link ${++links}`
      write('debug', `${name} opened`)
      return {
        welcomed: (user) => {
          write('debug', `${name} welcomed: user ${user}`)
        },
        refused: (code) => {
          write(expected.has(code) ? 'debug' : 'warn', `${name} refused: ${meaningOf(code)} (${code})`)
        },
        closed: (how) => {
          write('debug', `${name} closed: ${how}`)
        },
      }
    },
    handshake: (because) => {
      write('warn', `handshake refused: ${because}`)
    },
    fault: ({ where, message, user, room, id }) => {
      const whose = [user && `user ${user}`, room && `room ${room}`, id && `call ${id}`].filter(Boolean).join(', ')
      write(levels[where], `${where}: ${message}${whose && ` (${whose})`}`)
    },
    draining: ({ because, drainMs }, open, now) => {
      drainingSince = now
      write('info', `draining: ${because}, ${open} links, within ${drainMs} ms`)
    },
    drained: (now) => {
      if (drainingSince === undefined) return
      const ms = Math.round(now - drainingSince)
      drainingSince = undefined
      write('info', `drained in ${ms} ms`)
    },
    closed: () => {
      if (isClosed) return
      isClosed = true
      write('info', 'closed')
    },
  }
}

const levels: Readonly<Record<ServerFault['where'], Level>> = {
  hook: 'error',
  call: 'error',
  engine: 'error',
  link: 'warn',
  options: 'error',
  defect: 'error',
}
