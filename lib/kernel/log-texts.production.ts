import type { ConnectionState } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'
import type { Undelivered } from './log-texts.js'

export const errorText = ({ message, code }: WebSocketError): string => `${message} (${code})`

export const undeliveredText = ({ id, error }: Undelivered): string => `${id}: ${errorText(error)}`

export const stateText = (state: ConnectionState): string => {
  if ('quality' in state) return `${state._tag} ${state.quality}`
  return 'because' in state && typeof state.because === 'object'
    ? `${state._tag}: ${errorText(state.because)}`
    : state._tag
}
