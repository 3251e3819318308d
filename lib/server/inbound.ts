import * as E from '#fp/Either'
import type { Data } from '../core/ports.js'
import type { Codec } from '../protocol/codec.js'
import { bounds, type ClientFrame, type Refusal } from '../protocol/frame.js'
import { readClient } from '../protocol/client-frames.js'
import type { Read } from '../protocol/read.js'
import { byteLength, isLonger } from '../protocol/utf8.js'
import { admissions, tagOf, type Phase } from './admission.js'
import { bucket } from './bucket.js'
import type { Context } from './context.js'
import { closeCodes, refusal, type CloseCode, type RefusalCode } from './refusal.js'

/** Callbacks of a connection for incoming frames. */
export interface InboundParts {
  readonly codec: Codec
  readonly phase: () => Phase
  /** Handles a frame that its phase admits. */
  readonly take: (frame: ClientFrame) => void
  /** Holds a frame until the welcome. */
  readonly hold: (frame: ClientFrame) => void
  /** Refuses one frame. */
  readonly refuse: (ref: number, refusal: Refusal) => void
  /** Refuses the connection. */
  readonly fatal: Fatal
  /** Reports a received WebSocket message with its number of frames and bytes. */
  readonly received: (frames: number, bytes: number) => void
}

export type Fatal = (code: RefusalCode, closeCode: CloseCode, more?: Partial<Omit<Refusal, 'code'>>) => void

/** Parses WebSocket messages: bad content can at most end its own connection. */
export interface Inbound {
  /** Handles a WebSocket message. `false` where `isLate` became true before its last frame: `resume` handles the others. */
  readonly receive: (data: Data, isLate: () => boolean) => boolean
  readonly resume: (isLate: () => boolean) => boolean
  /** Admits a held frame. */
  readonly admit: (frame: ClientFrame) => void
}

/** Control frames per second; the burst is twice as many. */
const controlsPerSecond = 100

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

export const inbound = (
  context: Context,
  { codec, phase, take, hold, refuse, fatal, received }: InboundParts,
): Inbound => {
  const { count, now, settings } = context
  const controls = bucket({ perSecond: controlsPerSecond, burst: 2 * controlsPerSecond }, now())
  const joinsPerFrame = Math.max(bounds.batchPieces, settings.limits.joinsPerFrame)
  let bytesBefore = 0

  const isOver = (): boolean => phase() === 'Closing' || phase() === 'Closed'

  /** Checks the size: 64 KiB per message before the welcome and twice that in all, then `messageBytes` per message. */
  const isTooLarge = (data: Data): boolean => {
    if (phase() === 'Open')
      return typeof data === 'string'
        ? isLonger(data, settings.limits.messageBytes)
        : data.length > settings.limits.messageBytes
    const bytes = typeof data === 'string' ? byteLength(data) : data.length
    bytesBefore += bytes
    return bytesBefore > 2 * bounds.firstMessageBytes || bytes > bounds.firstMessageBytes
  }
  const admit = (frame: ClientFrame): void => {
    switch (admissions[phase()][tagOf(frame)]) {
      case 'take':
        if (isControl(frame) && controls.take(now()) > 0) fatal('server/rate', closeCodes.rate)
        else take(frame)
        break
      case 'hold':
        hold(frame)
        break
      case 'break':
        fatal('protocol/handshake', closeCodes.protocol)
        break
      case 'drop':
        break
    }
  }
  const read = (envelope: Read<ClientFrame>): void => {
    switch (envelope._tag) {
      case 'Frame':
        admit(envelope.frame)
        break
      case 'Unknown':
        if (phase() === 'Handshaking') fatal('protocol/handshake', closeCodes.protocol)
        else if (envelope.must) fatal('protocol/unknown', closeCodes.protocol)
        else if (envelope.ref === undefined) count.ignored++
        else refuse(envelope.ref, refusal('protocol/unknown'))
        break
      case 'Malformed': {
        const message = { message: envelope.because }
        if (envelope.ref === undefined || phase() !== 'Open') fatal('protocol/malformed', closeCodes.protocol, message)
        else refuse(envelope.ref, refusal('protocol/malformed', message))
        break
      }
    }
  }

  let message: Message | undefined
  const advance = (of: Message, isLate: () => boolean): boolean => {
    const { envelopes, bytes } = of
    while (of.at < envelopes.length && !isOver()) {
      if (of.unlooked >= framesPerLook) {
        of.unlooked = 0
        if (isLate()) return false
      }
      count.framesIn++
      const frame = readClient(envelopes[of.at++])
      const frames = framesOf(frame)
      of.handled += frames
      of.unlooked += frames
      if (isControlFrame(frame)) of.controlFrames += frames
      else of.others++
      if (of.controlFrames > 2 * joinsPerFrame || of.others > bounds.batchPieces)
        fatal('protocol/too-many', closeCodes.tooLarge)
      else read(frame)
    }
    message = undefined
    if (!isOver()) received(of.handled, bytes)
    return true
  }

  return {
    admit,
    receive: (data, isLate) => {
      if (isOver()) return true
      if (isTooLarge(data)) {
        fatal('protocol/too-large', closeCodes.tooLarge)
        return true
      }
      const envelopes = codec.unpack(data)
      if (E.isLeft(envelopes)) {
        fatal('protocol/malformed', closeCodes.protocol, { message: envelopes.left })
        return true
      }
      message = {
        envelopes: envelopes.right,
        bytes: data.length,
        at: 0,
        handled: 0,
        unlooked: 0,
        others: 0,
        controlFrames: 0,
      }
      return advance(message, isLate)
    },
    resume: (isLate) => !message || advance(message, isLate),
  }
}

/** Returns the number of frames that a frame stands for. */
const framesOf = (read: Read<ClientFrame>): number =>
  read._tag === 'Frame' && 't' in read.frame && read.frame.t === 'joins' ? read.frame.rooms.length : 1

/** Checks for a known control frame: one message may hold as many as joins. */
const isControlFrame = (read: Read<ClientFrame>): boolean => read._tag === 'Frame' && 't' in read.frame

/** Checks for a frame that is cheap to send and that clients rarely need. */
const isControl = (frame: ClientFrame): boolean => {
  if (!('t' in frame)) return false
  const { t } = frame
  return t === 'ping' || t === 'pong' || t === 'seen' || t === 'auth'
}
