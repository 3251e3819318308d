import type { Either } from 'fp-ts/lib/Either.js'
import type { Data } from '../core/ports.js'
import type { ClientFrame, ControlFrame, Reply, Sender, ServerFrame } from './frame.js'

/** The data of a WebSocket message. */
export type WireData = Data

/** A logged message in the form that engines store: `data` is the payload's JSON text, with bytes and absence escaped. */
export interface Logged {
  readonly offset: number
  readonly id: string
  readonly event: string
  readonly from: Sender
  readonly at: number
  readonly data: string
}

/** The receivers of a logged message: the members of a room by the room's number, or one answer to a `history` by its `ch`. */
export type MessageAddress = readonly [t: 'm' | 'h', number: number]

/** The lane of a publish: one producer to one room. */
export interface PubLane {
  readonly room: string
  readonly producer: string
}

/** A publish without its tag, its lane and its payload. */
export type PubFields = readonly [
  ref: number,
  seq: number,
  after: number,
  id: string,
  event: string,
  flags: number,
  term?: number | undefined,
]

/** A piece with its bytes on the wire. */
export interface Sized<Piece> {
  readonly piece: Piece
  readonly bytes: number
}

/**
 * The part of a codec that clients use. A piece is one encoded envelope; a message is one piece or an array of them.
 *
 * Members that take pieces are declared as methods, so that a codec of texts is a codec.
 */
export interface ClientCodec<Piece = WireData> {
  /** Its WebSocket subprotocol. */
  readonly subprotocol: string
  readonly encode: (frame: ControlFrame) => Piece
  /** Encodes a frame whose member `data`, which it lacks, is JSON text already. */
  readonly carry: (frame: ControlFrame, data: string) => Piece
  /** Encodes publishes of one lane whose payloads are JSON text already: encodes the lane's names once. */
  readonly publish: (lane: PubLane) => (fields: PubFields, text: string) => Sized<Piece>
  /** Encodes a signal whose payload is JSON text already. Clients give the `ch` of their join; servers the room's number, and `from`. */
  readonly signal: (number: number, event: string, text: string, from?: Sender) => Piece
  /** The bytes of a piece on the wire. */
  size(piece: Piece): number
  /** Packs at least one piece into one WebSocket message. */
  pack(pieces: readonly Piece[]): WireData
  /** Returns the unchecked envelopes of a WebSocket message; `Left` describes its fault. */
  readonly unpack: (data: WireData) => Either<string, readonly unknown[]>
  /** Decodes a payload for the user, from its place in an envelope. */
  readonly payload: (raw: unknown) => unknown
}

/** Converts between frames and WebSocket messages. */
export interface Codec<Piece = WireData> extends ClientCodec<Piece> {
  readonly encode: (frame: ClientFrame | ServerFrame) => Piece
  readonly carry: (frame: ControlFrame | Reply, data: string) => Piece
  /** Encodes a logged message whose payload is JSON text already. */
  readonly logged: (address: MessageAddress, message: Logged, extra?: { readonly prev: number }) => Piece
  /** Converts a payload to the form that engines store, from its place in an envelope. */
  readonly stored: (raw: unknown) => string
}
