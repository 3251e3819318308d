import type { Deadlines } from '../core/deadlines.js'
import type { PeerSocket } from '../core/ports.js'
import type { Counters } from './metrics.js'

/** How long a connection that is above its rates is not read at a time, and how far above them it is ended, in ms. */
const mostMs = 2_000
const hardMs = 30_000

export interface BrakeParts {
  readonly socket: PeerSocket
  readonly time: Pick<Deadlines, 'after'>
  readonly count: Counters
  /** The connection is too far above its rates. */
  readonly end: () => void
}

/** Reads a socket later, by the ms until its rates are paid. It is read in between, because it has to answer pings. */
export const brake = ({ socket, time, count, end }: BrakeParts): ((ms: number) => void) => {
  let isOn = false
  return (ms) => {
    if (ms > hardMs) end()
    if (ms === 0 || ms > hardMs || isOn || !socket.pause) return
    isOn = true
    count.slowed++
    socket.pause()
    time.after(Math.min(ms, mostMs), () => {
      isOn = false
      socket.resume?.()
    })
  }
}
