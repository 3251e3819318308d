import type { ConnectionState } from '../connection/model.js'
import type { WebSocketError } from '../core/error.js'

/** A message that was not delivered. */
export interface Undelivered {
  readonly room: string
  readonly event: string
  readonly id: string
  readonly error: WebSocketError
}

export const errorText = ({ message, code }: WebSocketError): string => `${message} (${code})`

export const undeliveredText = ({ room, event, id, error }: Undelivered): string =>
  `not delivered: ${event} to ${room}, id ${id}: ${errorText(error)}`

export const stateText = (state: ConnectionState, now: number): string => {
  switch (state._tag) {
    case 'Online':
      return ['online', state.quality === 'good' ? '' : state.quality, state.endpoint?.url ?? '']
        .filter(Boolean)
        .join(', ')
    case 'Waiting':
      if (state.heldBy) return `offline, the retry budget permits no try yet: ${errorText(state.because)}`
      return `offline, next try in ${Math.max(0, Math.round(state.until - now))} ms: ${errorText(state.because)}`
    case 'Stopped':
      return `stopped: ${errorText(state.because)}`
    case 'Closed':
      return state.because ? `closed: ${errorText(state.because)}` : 'closed'
    case 'Idle':
      return `idle: ${state.because}`
    default:
      return state._tag.toLowerCase()
  }
}
