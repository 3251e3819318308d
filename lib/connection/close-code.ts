import { authenticationError, connectionError, type Kind, type WebSocketError } from '../core/error.js'
import { told } from '#texts'

/** The close codes that are not worth another try as they are: the table of docs/protocol.md. */
const kinds: Readonly<Record<number, Kind>> = {
  1008: 'terminal',
  1010: 'terminal',
  3000: 'reauth',
  3003: 'terminal',
  4400: 'terminal',
  4401: 'reauth',
  4403: 'terminal',
  4409: 'terminal',
}

/** The error of a close code, for every code: unknown codes are retried. */
export const closed = (closeCode: number, said: string): WebSocketError => {
  const kind = kinds[closeCode] ?? 'retry'
  const about = { closeCode, reason: said.slice(0, 64), kind }
  return kind === 'reauth'
    ? authenticationError({ ...told('auth/rejected', { of: 'close', ...about }), kind })
    : connectionError({ ...told('connection/closed', about), kind, closeCode })
}
