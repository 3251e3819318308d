import type { WebSocketError } from '../../core/error.js'

/** The values of a refusal by the life of a room. Times are those of the server's wall clock, in ms. */
export interface RefusalReason {
  /** The words of the moderator. */
  readonly because?: string
  /** The end of a ban or a mute. Absent: it stays until it is lifted. */
  readonly until?: number
  /** A kicked user may join again from this time on. */
  readonly notBefore?: number
  /** The time at which the room was closed. */
  readonly at?: number
}

/** Returns the values of a refusal: of `room/kicked`, `room/banned`, `room/muted` and `room/closed`; of others none. */
export const reasonOf = (error: WebSocketError): RefusalReason => {
  const { because, until, notBefore, at } = ('data' in error && error.data) || {}
  return {
    ...(typeof because === 'string' && { because }),
    ...(typeof until === 'number' && { until }),
    ...(typeof notBefore === 'number' && { notBefore }),
    ...(typeof at === 'number' && { at }),
  }
}
