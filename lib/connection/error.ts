import { connectionError, type ConnectionError } from '../core/error.js'
import { told } from '#texts'

type Overdue = `connection/${'open-timeout' | 'handshake-timeout' | 'silent' | 'stalled' | 'unacknowledged'}`

/** The error of a link on which something did not happen for `ms` milliseconds. */
export const overdue = (code: Overdue, ms: number): ConnectionError =>
  connectionError({ ...told(code, { ms: Math.round(ms) }), kind: 'retry' })
