/** The capacity of a room: the number of its seats, and who takes one. */
export interface Capacity {
  readonly capacity: number
  /** All sessions of a user share a seat, or each session has one. */
  readonly seat: 'user' | 'session'
}
