import type { Duplex } from 'node:stream'
import { longestTimerMs } from '../core/deadlines.js'

/** Sockets whose upgrade is opened when their turn comes. */
export interface Waiting {
  /** `queue` is given what begins the turn. `open` is called then, unless the socket has left before. */
  readonly add: (raw: Duplex, queue: (begin: () => void) => void, open: () => void) => void
  /** All leave. */
  readonly close: () => void
}

/** Why a socket leaves that is still open: it has waited too long, or there is nothing to wait for. */
export type Leaving = 'late' | 'closed'

/** Sockets wait for so long. `left` is told of each that leaves without having its turn, but not where its peer has gone. */
export const waiting = (waitMs: number, left: (raw: Duplex, because: Leaving) => void): Waiting => {
  const held = new Set<(because: Leaving) => void>()
  return {
    add: (raw, queue, open) => {
      if (raw.destroyed) return
      const state = { isOver: false, release: (): void => undefined }
      const end = (): void => {
        state.isOver = true
        state.release()
      }
      queue(() => {
        if (state.isOver) return
        end()
        open()
      })
      if (state.isOver) return
      const leave = (because: Leaving): void => {
        end()
        left(raw, because)
      }
      const gone = (): void => {
        end()
        raw.destroy()
      }
      held.add(leave)
      const unwatch = watch(raw, gone)
      const late = setTimeout(leave, Math.min(waitMs, longestTimerMs), 'late')
      state.release = () => {
        held.delete(leave)
        unwatch()
        clearTimeout(late)
      }
    },
    close: () => {
      for (const leave of [...held]) leave('closed')
    },
  }
}

/** Calls `gone` when the peer closes its side, until the returned function is called. Reads nothing. */
const watch = (raw: Duplex, gone: () => void): (() => void) => {
  const heard = (): void => {
    if (raw.readableLength === 0) gone()
  }
  raw.on('readable', heard)
  raw.on('close', gone)
  return () => {
    raw.off('readable', heard)
    raw.off('close', gone)
  }
}
