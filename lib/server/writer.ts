import type { Data, PeerSocket } from '../core/ports.js'
import type { Codec } from '../protocol/codec.js'
import { bounds, type ServerFrame } from '../protocol/frame.js'
import { fifo } from './fifo.js'

/** Collects a turn's output for one socket, and writes it as few WebSocket messages. Holds nothing beyond the turn. */
export interface Writer {
  /** Writes a frame ahead of data: pong, auth, left, refused, acks, bye. */
  readonly control: (frame: ServerFrame) => void
  /** Writes a frame in order with the messages: joined, gap, bye.done. */
  readonly inOrder: (frame: ServerFrame) => void
  /** Writes an encoded logged message of `bytes`. */
  readonly message: (piece: Data, bytes: number) => void
  /** Writes an encoded signal. */
  readonly signal: (piece: Data) => void
  /** Records how many messages of this connection the client has handled in total. */
  readonly seen: (messages: number) => void
  /** Limits the bytes of messages beyond those that the client reported as seen. */
  readonly limitUnseen: (bytes: number) => void
  /** Limits the size of a WebSocket message for the client. Default: the server's own limit. */
  readonly limitMessage: (bytes: number) => void
  /** Returns true where the client accepts a message of so many bytes. */
  readonly takes: (bytes: number) => boolean
  /** Returns true where socket and `seen` have room for messages, beside `bytesToCome`. */
  readonly hasRoom: (bytesToCome?: number) => boolean
  /** Returns the bytes not yet given to the network. */
  readonly buffered: () => number
  /** Returns true where the network took a byte, or had none to take, since the last call. */
  readonly hasMoved: () => boolean
  readonly flush: () => void
}

export interface WriterParts {
  readonly socket: PeerSocket
  readonly codec: Codec
  readonly highWaterBytes: number
  /** Maximum size of a WebSocket message, unless the client sets one. */
  readonly messageBytes: number
  /** Reports the first output since the last flush. */
  readonly dirty: () => void
}

export const writer = ({ socket, codec, highWaterBytes, messageBytes, dirty }: WriterParts): Writer => {
  let urgent = batch()
  let ordered = batch()
  let level = 0
  let moved = true
  let unseenBytes = Infinity
  let mostBytes = messageBytes
  const unseen = tally()

  const put = (to: Batch, piece: Data, bytes: number): void => {
    if (urgent.bytes + ordered.bytes === 0) dirty()
    to.pieces.push(piece)
    to.sizes.push(bytes)
    to.bytes += bytes + 1
  }
  const encoded = (to: Batch, frame: ServerFrame): void => {
    const piece = codec.encode(frame)
    put(to, piece, codec.size(piece))
  }
  const send = (pieces: readonly Data[]): void => {
    socket.send(codec.pack(pieces))
  }
  const look = (): void => {
    const buffered = socket.buffered()
    if (buffered < level || buffered === 0) moved = true
    level = buffered
  }

  return {
    control: (frame) => {
      encoded(urgent, frame)
    },
    inOrder: (frame) => {
      encoded(ordered, frame)
    },
    message: (piece, bytes) => {
      put(ordered, piece, bytes)
      if (unseenBytes < Infinity) unseen.add(bytes)
    },
    signal: (piece) => {
      put(ordered, piece, codec.size(piece))
    },
    seen: unseen.seen,
    limitUnseen: (bytes) => {
      unseenBytes = bytes
    },
    limitMessage: (bytes) => {
      mostBytes = bytes
    },
    takes: (bytes) => bytes <= mostBytes,
    hasRoom: (toCome = 0) =>
      unseen.bytes() + toCome < unseenBytes && socket.buffered() + ordered.bytes + toCome < highWaterBytes,
    buffered: () => socket.buffered(),
    hasMoved: () => {
      look()
      const since = moved
      moved = false
      return since
    },
    flush: () => {
      const { pieces, sizes } = joined(urgent, ordered)
      urgent = batch()
      ordered = batch()
      unseen.mark()
      look()
      split(pieces, sizes, Math.min(bounds.batchBytes, mostBytes), send)
      level = socket.buffered()
    },
  }
}

interface Batch {
  readonly pieces: Data[]
  readonly sizes: number[]
  bytes: number
}

const batch = (): Batch => ({ pieces: [], sizes: [], bytes: 0 })

const joined = (first: Batch, second: Batch): Batch => {
  if (first.bytes === 0) return second
  if (second.bytes === 0) return first
  const { pieces, sizes, bytes } = second
  return { pieces: [...first.pieces, ...pieces], sizes: [...first.sizes, ...sizes], bytes: first.bytes + bytes }
}

/** Splits pieces into messages of at most 64 pieces and `most` bytes; a larger piece goes alone. */
const split = (
  pieces: readonly Data[],
  sizes: readonly number[],
  most: number,
  send: (pieces: readonly Data[]) => void,
): void => {
  let start = 0
  let bytes = 2
  for (let at = 0; at < pieces.length; at++) {
    const size = (sizes[at] ?? 0) + 1
    if (at > start && (at - start === bounds.batchPieces || bytes + size > most)) {
      send(pieces.slice(start, at))
      start = at
      bytes = 2
    }
    bytes += size
  }
  if (start < pieces.length) send(start === 0 ? pieces : pieces.slice(start))
}

/** Counts bytes of messages beyond the seen ones, with one mark per flush. */
const tally = () => {
  const marks = fifo<{ readonly messages: number; readonly bytes: number }>()
  let messages = 0
  let bytes = 0
  let seenBytes = 0
  let marked = 0
  return {
    add: (size: number): void => {
      messages++
      bytes += size
    },
    mark: (): void => {
      if (messages > marked) marks.put({ messages, bytes })
      marked = messages
    },
    seen: (count: number): void => {
      for (let mark = marks.first(); mark && mark.messages <= count; mark = marks.first()) {
        seenBytes = mark.bytes
        marks.take()
      }
    },
    bytes: (): number => bytes - seenBytes,
  }
}
