import { connectionError, type ConnectionError } from '../core/error.js'
import { told } from '#texts'

export const connectTimeout = (ms: number): ConnectionError =>
  connectionError({ ...told('connection/open-timeout', { ms }), kind: 'retry' })

export const handshakeTimeout = (ms: number): ConnectionError =>
  connectionError({ ...told('connection/handshake-timeout', { ms }), kind: 'retry' })

export const protocolTooOld = (t: string): ConnectionError =>
  connectionError({ ...told('protocol/outdated', { t }), kind: 'terminal' })

export const heartbeatTimeout = (forMs: number): ConnectionError =>
  connectionError({ ...told('connection/silent', { ms: Math.round(forMs) }), kind: 'retry' })

export const stalled = (forMs: number): ConnectionError =>
  connectionError({ ...told('connection/stalled', { ms: Math.round(forMs) }), kind: 'retry' })

export const unacknowledged = (afterMs: number): ConnectionError =>
  connectionError({ ...told('connection/unacknowledged', { ms: Math.round(afterMs) }), kind: 'retry' })
