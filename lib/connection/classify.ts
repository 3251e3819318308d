import type { WebSocketError } from '../core/error.js'
import type { Verdict } from './model.js'

/**
 * What the connection does about a failure: try again after a wait, ask for another token first, or stop.
 *
 * Goes by the error's `kind` alone; what has no kind that is known is tried again. Whether a close was clean does not
 * matter. Replace it with the option `classify`.
 */
export const classify = ({ kind }: WebSocketError): Verdict => {
  switch (kind) {
    case 'terminal':
      return 'terminal'
    case 'reauth':
      return 'reauthenticate'
    case 'retry':
    case 'unknown':
      return 'retry'
  }
}
