import type { Data, PeerSocket } from '../core/ports.js'
import type { Codec } from '../protocol/codec.js'
import { bounds, type ServerFrame } from '../protocol/frame.js'
import { fifo } from './fifo.js'
import { messagesOf, type Sequence, type Sequences } from './sequence.js'

/** Collects a turn's output for one socket, and writes it as few WebSocket messages. Holds nothing beyond the turn. */
export interface Writer {
  /** Writes a frame ahead of data: pong, auth, left, refused, acks, bye. */
  readonly control: (frame: ServerFrame) => void
  /** Writes a frame in order with the messages: joined, gap, bye.done. */
  readonly inOrder: (frame: ServerFrame) => void
  /** Writes an encoded logged message of `bytes`. */
  readonly message: (piece: Data, bytes: number) => void
  /** Writes an encoded signal of `bytes`. */
  readonly signal: (piece: Data, bytes: number) => void
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
  /** Writes the collected output. Returns the bytes not yet given to the network. */
  readonly flush: () => number
}

export interface WriterParts {
  readonly socket: PeerSocket
  readonly codec: Codec
  readonly sequences: Sequences
  readonly highWaterBytes: number
  /** Maximum size of a WebSocket message, unless the client sets one. */
  readonly messageBytes: number
  /** Reports the first output since the last flush. */
  readonly dirty: () => void
}

export const writer = (parts: WriterParts): Writer => {
  const { socket, codec, sequences, highWaterBytes, messageBytes, dirty } = parts
  let urgent: Sequence | undefined
  let ordered: Sequence | undefined
  let level = 0
  let moved = true
  let unseenBytes = Infinity
  let mostBytes = messageBytes
  const unseen = tally(() => unseenBytes / marksPerWindow)

  const put = (piece: Data, bytes: number): void => {
    if (!urgent && !ordered) dirty()
    ordered = sequences.after(ordered, piece, bytes)
  }
  const look = (): void => {
    const buffered = socket.buffered()
    if (buffered < level || buffered === 0) moved = true
    level = buffered
  }

  return {
    control: (frame) => {
      const piece = codec.encode(frame)
      if (!urgent && !ordered) dirty()
      urgent = sequences.after(urgent, piece, codec.size(piece))
    },
    inOrder: (frame) => {
      const piece = codec.encode(frame)
      put(piece, codec.size(piece))
    },
    message: (piece, bytes) => {
      put(piece, bytes)
      if (unseenBytes < Infinity) unseen.add(bytes)
    },
    signal: put,
    seen: unseen.seen,
    limitUnseen: (bytes) => {
      unseenBytes = bytes
    },
    limitMessage: (bytes) => {
      mostBytes = bytes
    },
    takes: (bytes) => bytes <= mostBytes,
    hasRoom: (toCome = 0) =>
      unseen.bytes() + toCome < unseenBytes && socket.buffered() + (ordered?.bytes ?? 0) + toCome < highWaterBytes,
    buffered: () => socket.buffered(),
    hasMoved: () => {
      look()
      const since = moved
      moved = false
      return since
    },
    flush: () => {
      const messages = messagesOf(codec, Math.min(bounds.batchBytes, mostBytes), urgent, ordered)
      urgent = ordered = undefined
      look()
      for (const message of messages) socket.send(message)
      return (level = socket.buffered())
    },
  }
}

/** The number of marks in a full window. */
const marksPerWindow = 64

/** Counts bytes of messages beyond the seen ones, with a mark for each `step` of bytes. */
const tally = (step: () => number) => {
  const marks = fifo<{ readonly messages: number; readonly bytes: number }>()
  let messages = 0
  let bytes = 0
  let seenBytes = 0
  let marked = 0
  return {
    add: (size: number): void => {
      messages++
      bytes += size
      if (bytes - marked < step()) return
      marks.put({ messages, bytes })
      marked = bytes
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
