/**
 * A place in a room's log. `epoch` names one incarnation of the log and is compared for equality only; `offset` is that
 * of the last message before the place, 0 before the first.
 */
export interface Position {
  readonly epoch: string
  readonly offset: number
}

/**
 * Why messages are missing: the log was cut, is another one, its owner may not read it, they came faster than they were
 * taken, they are larger than the client takes, or they were lost on the way.
 */
export type GapCause = 'truncated' | 'epoch' | 'forbidden' | 'overflow' | 'too-large' | 'lost'

/** Messages after `from` up to and including `to` that this client will never be offered. */
export interface Gap {
  readonly room: string
  readonly from: Position
  readonly to: Position
  readonly because: GapCause
  /** How many, where both ends are in one epoch. */
  readonly missing?: number
}

/** A gap between two positions, counted where that is possible. */
export const gap = (room: string, from: Position, to: Position, because: GapCause): Gap => ({
  room,
  from,
  to,
  because,
  ...(from.epoch === to.epoch ? { missing: to.offset - from.offset } : {}),
})
