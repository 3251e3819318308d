import type { Data, PeerSocket } from '../core/ports.js'
import type { Codec } from '../protocol/codec.js'
import { type Ack, bounds, type ServerFrame } from '../protocol/frame.js'
import { fifo } from './fifo.js'
import { messagesOf, type Sequence, type Sequences } from './sequence.js'

/** Collects a turn's output for one socket, and writes it as few WebSocket messages. Holds nothing beyond the turn. */
export interface Writer {
  /** Writes a frame ahead of data: pong, auth, left, refused, acks, bye. */
  readonly control: (frame: ServerFrame) => void
  /** Writes an encoded frame of `bytes` ahead of data. */
  readonly urgent: (piece: Data, bytes: number) => void
  /** Acknowledges a publish ahead of data, in one frame with others. */
  readonly ack: (ref: number, outcome: Acked) => void
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

/** The place of an accepted publish in a log. `repeated`: it was accepted before. */
export interface Acked {
  readonly epoch: string
  readonly offset: number
  readonly at: number
  readonly repeated: boolean
}

/** Maximum number of elements in one frame of acks. */
const mostAcks = 1_024

/** The frame of acks that is being collected. */
interface Acks {
  readonly frame: (string | number)[]
  readonly repeated: boolean
  epoch: string
}

/** The terms of all writers of one server. */
export interface WriterTerms {
  readonly sequences: Sequences
  readonly highWaterBytes: number
  /** Maximum size of a WebSocket message, unless the client sets one. */
  readonly messageBytes: number
}

/** The connection of a writer. */
export interface Written {
  /** Reports the first output since the last flush. */
  readonly dirty: () => void
}

export const writer = (terms: WriterTerms, socket: PeerSocket, codec: Codec, connection: Written): Writer =>
  new SocketWriter(terms, socket, codec, connection)

/** A class, because each connection has one: its instances share their methods. */
class SocketWriter implements Writer {
  readonly #terms: WriterTerms
  readonly #socket: PeerSocket
  readonly #codec: Codec
  readonly #connection: Written
  #urgent: Sequence | undefined
  #ordered: Sequence | undefined
  #acks: Acks | undefined
  #level = 0
  #moved = true
  #mostBytes: number
  #unseenBytes: number | undefined
  #unseen: UnseenBytes | undefined

  constructor(terms: WriterTerms, socket: PeerSocket, codec: Codec, connection: Written) {
    this.#terms = terms
    this.#socket = socket
    this.#codec = codec
    this.#connection = connection
    this.#mostBytes = terms.messageBytes
  }

  control(frame: ServerFrame): void {
    this.#dirty()
    this.#urge(frame)
  }

  urgent(piece: Data, bytes: number): void {
    this.#dirty()
    this.#urgent = this.#terms.sequences.after(this.#urgent, piece, bytes)
  }

  ack(ref: number, { epoch, offset, at, repeated }: Acked): void {
    if (this.#acks && (this.#acks.repeated !== repeated || this.#acks.frame.length >= mostAcks)) this.#endAcks()
    if (!this.#acks) {
      this.#dirty()
      this.#acks = { frame: ['a', epoch, repeated ? 1 : 0], repeated, epoch }
    }
    const { frame } = this.#acks
    if (this.#acks.epoch !== epoch) frame.push(epoch)
    this.#acks.epoch = epoch
    frame.push(ref, offset, at)
  }

  #endAcks(): void {
    const acks = this.#acks
    this.#acks = undefined
    if (acks) this.#urge(acks.frame as unknown as Ack)
  }

  /** Reports the first output since the last flush. */
  #dirty(): void {
    if (!this.#urgent && !this.#ordered && !this.#acks) this.#connection.dirty()
  }

  #urge(frame: ServerFrame): void {
    const piece = this.#codec.encode(frame)
    this.#urgent = this.#terms.sequences.after(this.#urgent, piece, this.#codec.size(piece))
  }

  inOrder(frame: ServerFrame): void {
    const piece = this.#codec.encode(frame)
    this.signal(piece, this.#codec.size(piece))
  }

  message(piece: Data, bytes: number): void {
    this.signal(piece, bytes)
    if (this.#unseenBytes === undefined) return
    this.#unseen ??= new UnseenBytes(this.#unseenBytes / marksPerWindow)
    this.#unseen.add(bytes)
  }

  signal(piece: Data, bytes: number): void {
    this.#dirty()
    this.#ordered = this.#terms.sequences.after(this.#ordered, piece, bytes)
  }

  seen(messages: number): void {
    this.#unseen?.seen(messages)
  }

  limitUnseen(bytes: number): void {
    this.#unseenBytes = bytes
  }

  limitMessage(bytes: number): void {
    this.#mostBytes = bytes
  }

  takes(bytes: number): boolean {
    return bytes <= this.#mostBytes
  }

  hasRoom(toCome = 0): boolean {
    if (this.#unseenBytes !== undefined && (this.#unseen?.bytes() ?? 0) + toCome >= this.#unseenBytes) return false
    const { highWaterBytes } = this.#terms
    const more = (this.#ordered?.bytes ?? 0) + toCome
    // Only a flush adds to the level, so the socket is asked where the last known level leaves no room.
    return this.#level + more < highWaterBytes || this.#socket.buffered() + more < highWaterBytes
  }

  buffered(): number {
    return this.#socket.buffered()
  }

  hasMoved(): boolean {
    this.#look()
    const since = this.#moved
    this.#moved = false
    return since
  }

  flush(): number {
    this.#endAcks()
    const most = Math.min(bounds.batchBytes, this.#mostBytes)
    const messages = messagesOf(this.#codec, most, this.#urgent, this.#ordered)
    this.#urgent = this.#ordered = undefined
    this.#look()
    for (const message of messages) this.#socket.send(message)
    this.#level = this.#socket.buffered()
    return this.#level
  }

  #look(): void {
    const buffered = this.#level === 0 ? 0 : this.#socket.buffered()
    if (buffered < this.#level || buffered === 0) this.#moved = true
    this.#level = buffered
  }
}

/** The number of marks in a full window. */
const marksPerWindow = 64

/** Counts bytes of messages beyond the seen ones, with a mark for each `step` of bytes. */
class UnseenBytes {
  readonly #step: number
  readonly #marks = fifo<{ readonly messages: number; readonly bytes: number }>()
  #messages = 0
  #bytes = 0
  #seenBytes = 0
  #marked = 0

  constructor(step: number) {
    this.#step = step
  }

  add(size: number): void {
    this.#messages++
    this.#bytes += size
    if (this.#bytes - this.#marked < this.#step) return
    this.#marks.put({ messages: this.#messages, bytes: this.#bytes })
    this.#marked = this.#bytes
  }

  seen(count: number): void {
    for (let mark = this.#marks.first(); mark && mark.messages <= count; mark = this.#marks.first()) {
      this.#seenBytes = mark.bytes
      this.#marks.take()
    }
  }

  bytes(): number {
    return this.#bytes - this.#seenBytes
  }
}
