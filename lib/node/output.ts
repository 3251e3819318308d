import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import type { Data } from '../core/ports.js'
import { frameOf } from './frame.js'

/** The number of the present tick, and its sockets that collect their output. */
let tick = 0
let isTicking = false
let collecting: Duplex[] = []
/** The latest message of the tick and its frame: sockets that are sent the same message share one frame. */
let latest: { readonly data: Data; readonly frame: Buffer } | undefined

const end = (): void => {
  const corked = collecting
  tick++
  isTicking = false
  collecting = []
  latest = undefined
  for (const raw of corked) raw.uncork()
}

const framed = (data: Data): Buffer => {
  if (latest?.data !== data) latest = { data, frame: frameOf(data) }
  return latest.frame
}

/**
 * Returns the writer of an open WebSocket and the socket below it. It writes the first message of a tick at once, and the
 * others of the tick together. Without compression `ws` writes each message at once: a frame may be written beside it.
 */
export const output = (ws: Pick<WebSocket, 'readyState'>, raw: Duplex): ((data: Data) => void) => {
  let writtenIn = -1
  let corkedIn = -1
  return (data) => {
    if (ws.readyState !== WebSocket.OPEN) return
    if (!isTicking) {
      isTicking = true
      process.nextTick(end)
    }
    if (writtenIn === tick && corkedIn !== tick) {
      corkedIn = tick
      raw.cork()
      collecting.push(raw)
    }
    writtenIn = tick
    raw.write(framed(data))
  }
}
