import type { WebSocketError } from '../core/error.js'
import type { Verdict } from './model.js'

/**
 * Decides how to handle a connection failure: retry after a delay, ask for another token first, or stop.
 *
 * Decides by `kind` only; unknown kinds are retried. Clean and unclean closes are treated alike. Replace it with the
 * option `classify`.
 */
export const classify = ({ kind }: WebSocketError): Verdict =>
  kind === 'terminal' ? kind : kind === 'reauth' ? 'reauthenticate' : 'retry'
