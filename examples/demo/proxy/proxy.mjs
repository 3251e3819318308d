import { connect, createServer } from 'node:net'
import { cable } from './cable.mjs'

/** Faulty lines that are remembered. */
const most = 256

/**
 * A TCP proxy whose lines can be cut and frozen. Each socket belongs to a named line; a fault is of one line or of all.
 *
 * Of a cut line sockets are reset and new ones refused. Of a frozen line sockets stay open and nothing passes; new ones
 * open and hear nothing. `target` gives the port where the server is at the moment, if it is anywhere.
 */
export const faultProxy = (target) => {
  const faults = new Map()
  const plugged = new Set()
  let everywhere = 'up'

  const stateOf = (line) => faults.get(line) ?? everywhere
  const obey = ({ line, wire }) => {
    const state = stateOf(line)
    if (state === 'cut') wire.cut()
    else if (state === 'frozen') wire.freeze()
    else wire.flow()
  }
  const obeyAll = () => {
    for (const each of [...plugged]) obey(each)
  }

  /** Leads a socket to the server. `head` was read from it already. */
  const plug = (line, near, head = Buffer.alloc(0)) => {
    const port = target()
    if (port === undefined || stateOf(line) === 'cut') {
      near.on('error', () => undefined)
      near.resetAndDestroy()
      return
    }
    near.pause()
    if (head.length > 0) near.unshift(head)
    const each = { line, wire: cable(near, connect({ port, host: '127.0.0.1' }), () => plugged.delete(each)) }
    plugged.add(each)
    obey(each)
  }

  return {
    plug,
    stateOf,
    /** A port of its own for a line. */
    listen: (line) =>
      new Promise((resolve, reject) => {
        const listener = createServer({ pauseOnConnect: true }, (socket) => plug(line, socket))
        listener.once('error', reject)
        listener.listen(0, '127.0.0.1', () => resolve(listener.address().port))
      }),
    /** Sets the fault of one line, or of all where none is named: `cut`, `frozen` or `up`. */
    set: (state, line) => {
      if (line === undefined) everywhere = state
      else {
        faults.delete(line)
        if (state !== 'up') faults.set(line, state)
        if (faults.size > most) faults.delete(faults.keys().next().value)
      }
      obeyAll()
    },
    /** Resets the server's end of every socket, as a server does that dies; through a frozen line nobody hears of it. */
    reset: () => {
      for (const { wire } of [...plugged]) wire.lose()
    },
  }
}
