import type { Socket } from '../core/ports.js'
import type { ClientCodec, PubFields, PubLane, Sized, WireData } from '../protocol/codec.js'
import { type ControlFrame, bounds } from '../protocol/frame.js'

/** One socket from its opening to its end, and its write queue. */
export interface Link {
  readonly generation: number
  readonly codec: ClientCodec
  /** Time of the last inbound frame, on the scheduler's clock. */
  heardAt: number
  /** Data frames handled on this link. */
  handled: number
  /** The most control frames in one WebSocket message: the server's limit on joins. */
  joinsPerFrame: number
  /** The most bytes in one WebSocket message of several frames: 64 KiB, or the server's limit if that is lower. */
  bytesPerFrame: number
  /**
   * The bytes of the largest WebSocket message so far that could have been smaller: of several frames, or of control
   * frames.
   */
  packedBytes: number
  /** The bytes of the largest signal so far, which cannot be made smaller. */
  signalBytes: number
  /** Writes when the turn ends. Control frames precede data; of pings, pongs and `seen` only the latest of each is written. */
  readonly control: (frame: ControlFrame) => void
  /** Writes a control frame with its member `data` as JSON text. */
  readonly carry: (frame: ControlFrame, data: string) => void
  /** Writes a publish, in order, at the end of the turn. */
  readonly publish: (lane: PubLane, fields: PubFields, text: string) => void
  /** Writes a signal whose payload is JSON text, together with the publishes. */
  readonly signal: (ch: number, event: string, text: string) => void
  /** Writes the waiting frames, in batches; false when the socket accepts no more. */
  readonly flush: () => boolean
  /** Bytes in flight to the network, and waiting. */
  readonly buffered: () => number
  /** Bytes that the socket holds and the network has not taken. */
  readonly unsent: () => number
}

interface Piece extends Sized<WireData> {
  /** The joins that it holds; absent: one frame. */
  readonly joins?: number
}

const publishesPerFrame = 64
const comma = 1

/** Makes a link over an open socket. Links share nothing: unwritten frames of a link end with it. */
export const link = (
  generation: number,
  socket: Pick<Socket, 'send' | 'buffered'>,
  codec: ClientCodec,
  now: number,
): Link => {
  let urgent: Piece[] = []
  let plain: Piece[] = []
  const latest = new Map<string, ControlFrame>()
  let waiting = 0
  /** The encoders of lanes: they encode the lane's names once. */
  const encoders = new WeakMap<PubLane, ReturnType<ClientCodec['publish']>>()

  const put = (to: Piece[], piece: Piece): void => {
    waiting += piece.bytes + comma
    to.push(piece)
  }
  const sized = (piece: WireData): Piece => ({ piece, bytes: codec.size(piece) })
  const encoderOf = (lane: PubLane): ReturnType<ClientCodec['publish']> => {
    const known = encoders.get(lane)
    if (known) return known
    const fresh = codec.publish(lane)
    encoders.set(lane, fresh)
    return fresh
  }
  const flush = (): boolean => {
    // Most turns write nothing, and clearing even an empty Map costs 0.3 µs.
    if (latest.size + urgent.length + plain.length === 0) return true
    for (const frame of latest.values()) put(urgent, sized(codec.encode(frame)))
    latest.clear()
    const controls = batches(urgent, made.joinsPerFrame, made.bytesPerFrame)
    const publishes = batches(plain, publishesPerFrame, made.bytesPerFrame)
    urgent = []
    plain = []
    waiting = 0
    return write(controls, 1) && write(publishes, 2)
  }
  /** Writes batches until the socket accepts no more; those of at least `divisible` pieces could have been smaller. */
  const write = (all: readonly Batch[], divisible: number): boolean =>
    all.every(({ pieces, bytes }) => {
      if (pieces.length >= divisible) made.packedBytes = Math.max(made.packedBytes, bytes)
      return socket.send(codec.pack(pieces))
    })

  const made: Link = {
    generation,
    codec,
    heardAt: now,
    handled: 0,
    joinsPerFrame: publishesPerFrame,
    bytesPerFrame: bounds.batchBytes,
    packedBytes: 0,
    signalBytes: 0,
    control: (frame) => {
      if (frame.t === 'ping' || frame.t === 'pong' || frame.t === 'seen') latest.set(frame.t, frame)
      else if (frame.t === 'joins') put(urgent, { ...sized(codec.encode(frame)), joins: frame.rooms.length })
      else put(urgent, sized(codec.encode(frame)))
    },
    carry: (frame, data) => {
      put(urgent, sized(codec.carry(frame, data)))
    },
    publish: (lane, fields, text) => {
      put(plain, encoderOf(lane)(fields, text))
    },
    signal: (ch, event, text) => {
      const piece = sized(codec.signal(ch, event, text))
      made.signalBytes = Math.max(made.signalBytes, piece.bytes)
      put(plain, piece)
    },
    flush,
    buffered: () => socket.buffered() + waiting,
    unsent: socket.buffered,
  }
  return made
}

interface Batch {
  readonly pieces: WireData[]
  /** Includes a comma for each piece, and the brackets. */
  bytes: number
  frames: number
}

/** Groups pieces into WebSocket messages of at most `most` frames and `mostBytes` bytes; a larger piece goes alone. */
const batches = (pieces: readonly Piece[], most: number, mostBytes: number): readonly Batch[] => {
  const all: Batch[] = []
  let batch: Batch | undefined
  for (const { piece, bytes, joins = 1 } of pieces) {
    if (!batch || batch.frames + joins > most || batch.bytes + bytes + comma > mostBytes) {
      batch = { pieces: [], bytes: 1, frames: 0 }
      all.push(batch)
    }
    batch.pieces.push(piece)
    batch.frames += joins
    batch.bytes += bytes + comma
  }
  return all
}
