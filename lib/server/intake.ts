import type { Data, PeerSocket } from '../core/ports.js'
import type { Context } from './context.js'
import { fifo } from './fifo.js'
import type { Owner } from './owner.js'
import type { FairScheduler } from './fair-scheduler.js'

/** The messages of one socket. One that comes while its user is above its share of the event loop waits for its turn. */
export interface Intake {
  readonly receive: (data: Data) => void
  /** The socket, and its user, are above a rate for so many ms more: it is read later. */
  readonly slow: (connectionMs: number, userMs: number) => void
  /** What waits is dropped, and the socket is read again: it is closing. */
  readonly close: () => void
}

export interface IntakeParts {
  readonly socket: PeerSocket
  readonly rota: FairScheduler
  readonly owner: () => Owner
  /** Handles a message, in a turn. */
  readonly handle: (data: Data) => void
  /** So many bytes more, or fewer, wait. */
  readonly holds: (bytes: number) => void
  /** The connection is too far above its rates. */
  readonly end: () => void
}

/** How long a connection that is above its rates is not read at a time, and how far above them it is ended, in ms. */
const mostMs = 2_000
const hardMs = 30_000

/** A socket that cannot be read later is always read. */
type State = 'reading' | 'behind' | 'resting' | 'closed'

export const intake = ({ box, bill, count, time }: Context, parts: IntakeParts): Intake => {
  const { socket, rota, owner, handle, holds, end } = parts
  const waiting = fifo<Data>()
  let state: State = 'reading'
  let owedMs = 0

  const pause = (next: 'behind' | 'resting'): void => {
    if (state === 'reading') socket.pause?.()
    state = next
  }
  const queue = (): void => {
    pause('behind')
    rota.wake(worker, owner())
  }
  const rest = (): void => {
    count.slowed++
    pause('resting')
    time.after(Math.min(owedMs, mostMs), () => {
      owedMs = 0
      if (state === 'resting') queue()
    })
  }
  const read = (): void => {
    state = 'reading'
    socket.resume?.()
  }
  const isBehind = (): boolean => state === 'behind'
  const worker = {
    hasWork: isBehind,
    step: () => {
      if (!isBehind()) return false
      const data = waiting.take()
      if (data !== undefined) {
        holds(-data.length)
        handle(data)
      } else if (owedMs > 0) rest()
      else read()
      return isBehind()
    },
  }

  return {
    receive: (data) => {
      if (state === 'reading' && (!socket.pause || !owner().isHeavy())) {
        box.enter(() => {
          bill(owner())
          handle(data)
        })
      } else if (state !== 'closed') {
        holds(data.length)
        waiting.put(data)
        if (state !== 'reading') return
        count.queued++
        queue()
      }
    },
    // It is read in between, because it has to answer pings.
    slow: (connectionMs, userMs) => {
      owedMs = Math.max(connectionMs, userMs)
      // The other connections of the user may be to blame for what the user owes.
      if (connectionMs > hardMs) end()
      else if (owedMs > 0 && socket.pause && state === 'reading') rest()
    },
    close: () => {
      if (state !== 'reading') socket.resume?.()
      state = 'closed'
      waiting.clear()
    },
  }
}
