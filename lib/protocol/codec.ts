import type { Either } from 'fp-ts/lib/Either.js'
import type { Data } from '../core/ports.js'
import type { ClientFrame, Sender, ServerFrame } from './frame.js'

/** What a WebSocket message holds. */
export type WireData = Data

/** A logged message as engines store it: `data` is the payload's JSON text, with bytes and absence marked. */
export interface Logged {
  readonly offset: number
  readonly id: string
  readonly event: string
  readonly from: Sender
  readonly at: number
  readonly data: string
}

/** Whose publishes: those of one producer to one room. */
export interface PubLane {
  readonly room: string
  readonly producer: string
}

/** A publish without its tag, its lane and its payload. */
export type PubFields = readonly [ref: number, seq: number, after: number, id: string, event: string, flags: number]

/** A piece, and its bytes on the wire. */
export interface Sized<Piece> {
  readonly piece: Piece
  readonly bytes: number
}

/**
 * Frames to WebSocket messages and back. A piece is one encoded envelope; a message is one piece or an array of them.
 *
 * What takes pieces is declared as methods, so that a codec of texts is a codec.
 */
export interface Codec<Piece = WireData> {
  /** Its WebSocket subprotocol. */
  readonly subprotocol: string
  readonly encode: (frame: ClientFrame | ServerFrame) => Piece
  /** A logged message for any number of subscribers: all but `ch` is encoded once. */
  readonly fanOut: (message: Logged, extra?: { readonly prev: number }) => (ch: number) => Piece
  /** Publishes of one lane whose payloads are JSON text already: what names the lane is encoded once. */
  readonly publish: (lane: PubLane) => (fields: PubFields, text: string) => Sized<Piece>
  /** A signal whose payload is JSON text already, for any number of joins; `from` is told by servers. */
  readonly signal: (event: string, text: string, from?: Sender) => (ch: number) => Piece
  /** The bytes of a piece on the wire. */
  size(piece: Piece): number
  /** One WebSocket message of at least one piece. */
  pack(pieces: readonly Piece[]): WireData
  /** The envelopes of a WebSocket message, not yet checked; `Left` says what is wrong with it. */
  readonly unpack: (data: WireData) => Either<string, readonly unknown[]>
  /** A payload as the user sees it, from its place in an envelope. */
  readonly payload: (raw: unknown) => unknown
  /** A payload as engines store it, from its place in an envelope. */
  readonly stored: (raw: unknown) => string
}
