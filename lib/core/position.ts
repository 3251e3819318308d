/**
 * A place in a room's log. `epoch` names one incarnation of the log and is compared for equality only; `offset` is the
 * offset of the last message before the place, 0 before the first.
 */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

/**
 * The reason for missing messages: the log was cut, is another one, the user may not read it, the messages arrived
 * faster than they were consumed, are larger than the client accepts, or were lost in flight.
 */
export type GapCause = 'truncated' | 'epoch' | 'forbidden' | 'overflow' | 'too-large' | 'lost'

/** Messages after `from` up to and including `to` that this client will never receive. */
export interface Gap {
  readonly room: string
  readonly from: Position
  readonly to: Position
  readonly because: GapCause
  /** The number of messages, if both ends are in one epoch. */
  readonly missing?: number
}

/** Makes a gap between two positions, with its size if known. */
export const gap = (room: string, from: Position, to: Position, because: GapCause): Gap => ({
  room,
  from,
  to,
  because,
  ...(from.epoch === to.epoch ? { missing: to.offset - from.offset } : {}),
})
