import { type Level, type Logger, writing } from '../core/logger.js'
import type { Bye } from '../protocol/frame.js'
import type { ServerFault } from './metrics.js'
import { meaningOf, type RefusalCode } from './refusal.js'

/** Writes what happens to one link. Links are numbered. */
export interface LinkLog {
  readonly welcomed: (user: string) => void
  /** With the code alone: the message of a refusal may quote a frame. */
  readonly refused: (code: string) => void
  readonly closed: (how: string) => void
}

/** Writes what happens to a server. */
export interface Log {
  /** A socket was accepted. */
  readonly opened: () => LinkLog
  /** A handshake was refused before there was a link. */
  readonly handshake: (because: string) => void
  readonly fault: (what: ServerFault) => void
  readonly draining: (bye: Bye, links: number, now: number) => void
  /** No link is left: nothing is written unless a drain is under way. */
  readonly drained: (now: number) => void
  readonly closed: () => void
}

/** Refusals that the server or its application has asked for, or that every reconnect may bring. */
const expected: ReadonlySet<string> = new Set<RefusalCode>([
  'server/draining',
  'server/closed',
  'session/superseded',
  'auth/expired',
])

/** The code and the reason of a close, in at most 64 characters of the reason. */
export const closedWith = (code: number, reason: string): string => `${code} ${reason.slice(0, 64)}`.trimEnd()

/** Writes to a logger; `threw` is told once that it throws. Nothing without a logger. */
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
    fault: ({ where, message, user, room }) => {
      const whose = [user && `user ${user}`, room && `room ${room}`].filter(Boolean).join(', ')
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
  engine: 'error',
  link: 'warn',
  options: 'error',
  defect: 'error',
}
