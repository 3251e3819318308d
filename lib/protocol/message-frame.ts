/** The sender of a message: user and session id. */
export type Sender = readonly [user: string, session: string]

/** Rare fields: `prev`, the offset before this one that was due to this subscriber, if not `offset - 1`. */
export interface Extra {
  readonly prev?: number
}
/** A logged message on the wire. */
export type MessageFrame<T = 'm' | 'h'> = readonly [
  t: T,
  number: number,
  offset: number,
  id: string,
  event: string,
  from: Sender,
  at: number,
  data: unknown,
  extra?: Extra,
]
/** A logged message of the joined room with that number. */
export type Msg = MessageFrame<'m'>
/** A logged message of the answer to the `history` with that `ch` as its number. */
export type PageMsg = MessageFrame<'h'>

/** A signal of another session in the room with that number. */
export type Signalled = readonly [t: 's', number: number, event: string, data: unknown, from: Sender]

/** Accepted publishes: triples of ref, offset and time, after their epoch. `repeated` is 1 if they were duplicates. */
export type Ack = readonly [t: 'a', epoch: string, repeated: 0 | 1, ...acks: (number | string)[]]
