import type { Link } from '../connection/link.js'
import { bounds, type Limits } from '../protocol/frame.js'
import { isLonger } from '../protocol/utf8.js'

/**
 * The size limit of WebSocket messages with several frames. Halved when a connection closes for size and neither a
 * publish nor a signal is the cause: a proxy in between may accept less than the server says.
 */
export interface Batching {
  readonly obey: (link: Link, limits: Limits) => void
  /** Bytes that a hello with a token of `tokenBytes` leaves for its rooms. */
  readonly forRooms: (tokenBytes: number) => number
  /** Size of the largest batch or signal on this link, which may also explain a close for size. */
  readonly beside: (link: Link) => number
  /** Halves the limit after a link closed for size and no publish is the cause. */
  readonly shrink: (link: Link) => void
  /** False at the minimum. */
  readonly canShrink: () => boolean
}

/** Bytes of the hello reserved for all but its rooms and token. */
const helloReserve = 2_048
const leastBytes = 1_024

export const batching = (): Batching => {
  let most: number = bounds.batchBytes
  const canShrink = (): boolean => most > leastBytes
  return {
    obey: (link, { joinsPerFrame, messageBytes }) => {
      link.joinsPerFrame = Math.max(1, joinsPerFrame)
      link.bytesPerFrame = Math.min(most, messageBytes)
    },
    forRooms: (tokenBytes) => Math.min(most, bounds.firstMessageBytes) - helloReserve - tokenBytes,
    beside: ({ packedBytes, signalBytes }) => Math.max(canShrink() ? packedBytes : 0, signalBytes),
    shrink: ({ packedBytes, signalBytes }) => {
      if (packedBytes >= signalBytes) most = Math.max(leastBytes, most / 2)
    },
    canShrink,
  }
}

/** True for a payload whose JSON text exceeds the server's limit. */
export const isTooLarge = (text: string, { messageBytes }: Limits): boolean =>
  isLonger(text, messageBytes - bounds.envelopeBytes)

/** The fault of a poison message: the size or content of a written one, or the size of one that was `received`. */
export type Poison = 'size' | 'content' | 'received'

/**
 * Reads the fault of a message from a close, if a message caused it. This side closes only for the size of received
 * messages.
 */
export const poisonOf = (closeCode: number, isOwn: boolean): Poison | undefined =>
  isOwn ? 'received' : closeCode === 1009 ? 'size' : closeCode === 1003 || closeCode === 1007 ? 'content' : undefined
