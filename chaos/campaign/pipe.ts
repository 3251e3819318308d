import type { Socket } from 'node:net'
import type { Weather } from './proxy.js'

/** One direction of a relayed connection. */
export interface Pipe {
  /** The weather has changed. */
  readonly go: () => void
  /** Keeps what comes, whatever the weather; `false` lets it go. */
  readonly hold: (on: boolean) => void
  /** Ends the connection after so many more bytes. */
  readonly cutAfter: (bytes: number) => void
  /** Bytes that wait to be passed on. */
  readonly waiting: () => number
  /** Whether anything was dropped: such a connection cannot go on. */
  readonly hasLost: () => boolean
}

/** Beyond it the sender feels that nothing is taken. */
const highWater = 256 * 1024
/** How often a throttled direction passes something on. */
const tickMs = 20

/** Passes on what comes from one socket to another, in order, as the weather is. `cut` ends the connection. */
export const pipe = (from: Socket, to: Socket, weather: Weather, cut: () => void): Pipe => {
  const queue: Buffer[] = []
  let queued = 0
  let isOver = false
  let held = false
  let lost = false
  let left = Infinity
  let timer: NodeJS.Timeout | undefined

  const piece = (most: number): Buffer | undefined => {
    const [first] = queue
    if (!first) return undefined
    const size = Math.min(first.length, weather.chunk, most)
    if (size === first.length) queue.shift()
    else queue[0] = first.subarray(size)
    queued -= size
    return first.subarray(0, size)
  }
  const later = (ms: number): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      go()
    }, ms)
  }
  const go = (): void => {
    if (held || weather.stalled || timer || to.destroyed) return
    let budget = Math.max(1, Math.floor((weather.bytesPerSecond * tickMs) / 1_000))
    while (queue.length > 0 && budget > 0 && !to.writableNeedDrain) {
      const next = piece(Math.min(budget, left))
      if (!next) break
      budget -= next.length
      left -= next.length
      to.write(next)
      if (left <= 0) {
        left = Infinity
        // After what was written has left.
        setTimeout(cut, 5)
        return
      }
    }
    if (queue.length > 0) {
      if (!to.writableNeedDrain) later(tickMs)
    } else if (isOver) to.end()
    if (queued < highWater) from.resume()
  }

  from.on('data', (data: Buffer) => {
    if (weather.lossy) {
      lost = true
      return
    }
    queue.push(data)
    queued += data.length
    go()
    if (queued >= highWater) from.pause()
  })
  from.on('end', () => {
    isOver = true
    go()
  })
  to.on('drain', go)

  return {
    go,
    hold: (on) => {
      held = on
      go()
    },
    cutAfter: (bytes) => {
      left = bytes
    },
    waiting: () => queued,
    hasLost: () => lost,
  }
}
