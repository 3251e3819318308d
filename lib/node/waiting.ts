import type { Duplex } from 'node:stream'
import { longestTimerMs } from '../core/deadlines.js'

/** Sockets whose upgrade opens in their turn. */
export interface Waiting {
  /** Calls `queue` with a function that begins the turn. The turn calls `open`, unless the socket has left before. */
  readonly add: (raw: Duplex, queue: (begin: () => void) => void, open: () => void) => void
  /** Makes all sockets leave. */
  readonly close: () => void
}

/** The reason why an open socket leaves: it has waited too long, or the server closed. */
export type Leaving = 'late' | 'closed'

/**
 * Creates a waiting room with a maximum wait. Calls `left` for each socket that leaves before its turn, unless its peer
 * has gone.
 */
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

/** Calls `gone` when the peer closes its side. Returns a function that stops it. Reads nothing. */
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
