import type { Link } from '../connection/link.js'
import { bounds, type Limits } from '../protocol/frame.js'
import { isLonger } from '../protocol/utf8.js'

/**
 * How much goes into one WebSocket message of several frames. Halved when a link is closed for the size of something
 * and neither a publish nor a signal is to blame: what is on the way may take less than the server says.
 */
export interface Packing {
  readonly obey: (link: Link, limits: Limits) => void
  /** The bytes that a hello with such a token has for its rooms. */
  readonly forRooms: (tokenBytes: number) => number
  /** The bytes of what else may be to blame for a close for size: of the messages on one link the largest is, if any is. */
  readonly beside: (link: Link) => number
  /** After a link that was closed for size, and no publish is to blame. */
  readonly shrink: (link: Link) => void
  /** It cannot be less. */
  readonly isLeast: () => boolean
}

/** Of the hello, what is kept for all but its rooms and token. */
const helloReserve = 2_048
const leastBytes = 1_024

export const packing = (): Packing => {
  let most: number = bounds.batchBytes
  const isLeast = (): boolean => most === leastBytes
  return {
    obey: (link, { joinsPerFrame, messageBytes }) => {
      link.joinsPerFrame = Math.max(1, joinsPerFrame)
      link.bytesPerFrame = Math.min(most, messageBytes)
    },
    forRooms: (tokenBytes) => Math.min(most, bounds.firstMessageBytes) - helloReserve - tokenBytes,
    beside: ({ packedBytes, signalBytes }) => Math.max(isLeast() ? 0 : packedBytes, signalBytes),
    shrink: ({ packedBytes, signalBytes }) => {
      if (packedBytes >= signalBytes) most = Math.max(leastBytes, most / 2)
    },
    isLeast,
  }
}

/** Whether a payload's JSON text is more than a server with such limits takes. */
export const isTooLarge = (text: string, { messageBytes }: Limits): boolean =>
  isLonger(text, messageBytes - bounds.envelopeBytes)

/** The fault of a message: the size or the content of one that was written, or the size of one that was `received`. */
export type Poison = 'size' | 'content' | 'received'

/** Reads from a close which fault a message had, if it is about one. This side closes for the size of received messages alone. */
export const poisonOf = (closeCode: number, isOwn: boolean): Poison | undefined =>
  isOwn ? 'received' : closeCode === 1009 ? 'size' : closeCode === 1003 || closeCode === 1007 ? 'content' : undefined
