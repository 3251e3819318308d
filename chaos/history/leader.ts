import type { At } from './record.js'

/** A message carries the term of a leader. Written before the message is given to the library. */
export type Termed = readonly ['termed', At, id: string, term: number]
/** A client becomes a candidate for the leader of a room, or withdraws. */
export type Stood = readonly ['stood', At, room: string]
export type Withdrew = readonly ['withdrew', At, room: string]
/** The part of a candidate: a change, or the one of the end. The term is 0 where there is no leader. */
export type Part = readonly [
  'part',
  At,
  room: string,
  isFinal: 0 | 1,
  tag: 'Leading' | 'Following' | 'Waiting',
  term: number,
  /** The session that leads; empty: none. */
  leader: string,
  isLive: 0 | 1,
]
/** The candidacy was refused. */
export type Unled = readonly ['unled', At, room: string, code: string, kind: string]

export type LeaderRecord = Termed | Stood | Withdrew | Part | Unled
