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

/** An endpoint by its place in the list and its address without secrets; `''` where there is one url. */
const placeText = ({ endpoint }: ConnectionState, before = ''): string =>
  endpoint ? `${before}endpoint ${endpoint.at} (${endpoint.url})` : ''

const inMs = (until: number, now: number): string => `${Math.max(0, Math.round(until - now))} ms`

/** The connection that is to follow. */
const nextText = ({ successor }: Extract<ConnectionState, { readonly _tag: 'Online' }>, now: number): string => {
  if (!successor) return ''
  if (successor._tag !== 'Planned') return `moving to endpoint ${successor.at}`
  const aim = successor.to === undefined ? 'return' : 'move'
  return successor.until === Infinity ? '' : `next ${aim} in ${inMs(successor.until, now)}`
}

export const stateText = (state: ConnectionState, now: number): string => {
  switch (state._tag) {
    case 'Online':
      return ['online', state.quality === 'good' ? '' : state.quality, placeText(state), nextText(state, now)]
        .filter(Boolean)
        .join(', ')
    case 'Waiting':
      if (state.heldBy) return `offline, the retry budget permits no try yet: ${errorText(state.because)}`
      return `offline${placeText(state, ' from ')}, next try in ${inMs(state.until, now)}: ${errorText(state.because)}`
    case 'Stopped':
      return `stopped: ${errorText(state.because)}`
    case 'Closed':
      return state.because ? `closed: ${errorText(state.because)}` : 'closed'
    case 'Idle':
      return `idle: ${state.because}`
    default:
      return `${state._tag.toLowerCase()}${placeText(state, ', ')}`
  }
}
