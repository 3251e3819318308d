import * as E from '#fp/Either'
import type { Data } from '../core/ports.js'
import type { Codec } from '../protocol/codec.js'
import { bounds, type ClientFrame, type Refusal } from '../protocol/frame.js'
import { readClient, type ReadClient } from '../protocol/client-frames.js'
import { byteLength, isLonger } from '../protocol/utf8.js'
import { admissions, tagOf, type Phase } from './admission.js'
import { type Bucket, bucket } from './bucket.js'
import type { Context } from './context.js'
import type { Meter } from './meter.js'
import { closeCodes, refusal, type CloseCode, type RefusalCode } from './refusal.js'
import { refuseFrame } from './refuse-frame.js'
import type { Writer } from './writer.js'

/** The connection of incoming frames. */
export interface Receiver {
  readonly phase: () => Phase
  /** Handles a frame that its phase admits. */
  readonly take: (frame: ClientFrame) => void
  /** Holds a frame until the welcome. */
  readonly hold: (frame: ClientFrame) => void
  /** Refuses the connection. */
  readonly fatal: Fatal
  /** Reports the begin of a WebSocket message. */
  readonly beginMessage: () => void
  readonly meter: Meter
  readonly writer: Writer
}

export type Fatal = (code: RefusalCode, closeCode: CloseCode, more?: Partial<Omit<Refusal, 'code'>>) => void

/** The time that a message may take before other work. */
export interface TimeSlice {
  /** Returns true where other work of the server has to come first. */
  readonly isLate: () => boolean
}

/** Parses WebSocket messages: bad content can at most end its own connection. */
export interface Inbound {
  /** Handles a WebSocket message. `false` where `isLate` became true before its last frame: `resume` handles the others. */
  readonly receive: (data: Data, slice: TimeSlice) => boolean
  readonly resume: (slice: TimeSlice) => boolean
  /** Admits a held frame. */
  readonly admit: (frame: ClientFrame) => void
}

/** Control frames per second; the burst is twice as many. */
const controls = { perSecond: 100, burst: 200 } as const

/** Frames of one message between two looks at the clock. */
const framesPerLook = 32

/** A WebSocket message, and how many of its frames are handled. */
interface Message {
  readonly envelopes: readonly unknown[]
  readonly bytes: number
  at: number
  /** The handled frames, each of many joins as so many. */
  handled: number
  /** The frames since the last look at the clock. */
  unlooked: number
  others: number
  controlFrames: number
}

export const inbound = (context: Context, codec: Codec, connection: Receiver): Inbound =>
  new Parser(context, codec, connection)

/** A class, because each connection has one: its instances share their methods. */
class Parser implements Inbound {
  readonly #context: Context
  readonly #codec: Codec
  readonly #connection: Receiver
  #bytesBefore = 0
  #controls: Bucket | undefined
  #message: Message | undefined

  constructor(context: Context, codec: Codec, connection: Receiver) {
    this.#context = context
    this.#codec = codec
    this.#connection = connection
  }

  receive(data: Data, slice: TimeSlice): boolean {
    const connection = this.#connection
    connection.beginMessage()
    if (this.#isOver()) return true
    if (this.#isTooLarge(data)) {
      connection.fatal('protocol/too-large', closeCodes.tooLarge)
      return true
    }
    const envelopes = this.#codec.unpack(data)
    if (E.isLeft(envelopes)) {
      connection.fatal('protocol/malformed', closeCodes.protocol, { message: envelopes.left })
      return true
    }
    this.#message = {
      envelopes: envelopes.right,
      bytes: data.length,
      at: 0,
      handled: 0,
      unlooked: 0,
      others: 0,
      controlFrames: 0,
    }
    return this.#advance(this.#message, slice)
  }

  resume(slice: TimeSlice): boolean {
    return !this.#message || this.#advance(this.#message, slice)
  }

  admit(frame: ClientFrame): void {
    const connection = this.#connection
    switch (admissions[connection.phase()][tagOf(frame)]) {
      case 'take':
        if (isControl(frame) && this.#isFlood()) connection.fatal('server/rate', closeCodes.rate)
        else connection.take(frame)
        break
      case 'hold':
        connection.hold(frame)
        break
      case 'break':
        connection.fatal('protocol/handshake', closeCodes.protocol)
        break
      case 'drop':
        break
    }
  }

  #isOver(): boolean {
    const phase = this.#connection.phase()
    return phase === 'Closing' || phase === 'Closed'
  }

  /** Counts a control frame, and checks for too many of them. */
  #isFlood(): boolean {
    const at = this.#context.now()
    this.#controls ??= bucket(controls, at)
    return this.#controls.take(at) > 0
  }

  /** Checks the size: 64 KiB per message before the welcome and twice that in all, then `messageBytes` per message. */
  #isTooLarge(data: Data): boolean {
    const { messageBytes } = this.#context.settings.limits
    if (this.#connection.phase() === 'Open')
      return typeof data === 'string' ? isLonger(data, messageBytes) : data.length > messageBytes
    const bytes = typeof data === 'string' ? byteLength(data) : data.length
    this.#bytesBefore += bytes
    return this.#bytesBefore > 2 * bounds.firstMessageBytes || bytes > bounds.firstMessageBytes
  }

  #advance(of: Message, slice: TimeSlice): boolean {
    const { count, settings } = this.#context
    const { envelopes, bytes } = of
    const joinsPerFrame = Math.max(bounds.batchPieces, settings.limits.joinsPerFrame)
    while (of.at < envelopes.length && !this.#isOver()) {
      if (of.unlooked >= framesPerLook) {
        of.unlooked = 0
        if (slice.isLate()) return false
      }
      count.framesIn++
      const frame = readClient(envelopes[of.at++])
      const frames = framesOf(frame)
      of.handled += frames
      of.unlooked += frames
      if (isControlFrame(frame)) of.controlFrames += frames
      else of.others++
      if (of.controlFrames > 2 * joinsPerFrame || of.others > bounds.batchPieces)
        this.#connection.fatal('protocol/too-many', closeCodes.tooLarge)
      else this.#read(frame)
    }
    this.#message = undefined
    if (!this.#isOver()) this.#connection.meter.received(of.handled, bytes)
    return true
  }

  #read(envelope: ReadClient): void {
    const connection = this.#connection
    switch (envelope._tag) {
      case 'Frame':
        this.admit(envelope.frame)
        break
      case 'Unknown':
        if (connection.phase() === 'Handshaking') connection.fatal('protocol/handshake', closeCodes.protocol)
        else if (envelope.must) connection.fatal('protocol/unknown', closeCodes.protocol)
        else if (envelope.ref === undefined) this.#context.count.ignored++
        else refuseFrame(connection, envelope.ref, refusal('protocol/unknown'))
        break
      case 'Malformed': {
        const message = { message: envelope.because }
        if (envelope.ref === undefined || connection.phase() !== 'Open')
          connection.fatal('protocol/malformed', closeCodes.protocol, message)
        else refuseFrame(connection, envelope.ref, refusal('protocol/malformed', message))
        break
      }
    }
  }
}

/** Returns the number of frames that a frame stands for. */
const framesOf = (read: ReadClient): number =>
  read._tag === 'Frame' && 't' in read.frame && read.frame.t === 'joins' ? read.frame.rooms.length : 1

/** Checks for a known control frame: one message may hold as many as joins. */
const isControlFrame = (read: ReadClient): boolean => read._tag === 'Frame' && 't' in read.frame

/** Checks for a frame that is cheap to send and that clients rarely need. */
const isControl = (frame: ClientFrame): boolean => {
  if (!('t' in frame)) return false
  const { t } = frame
  return t === 'ping' || t === 'pong' || t === 'seen' || t === 'auth'
}
