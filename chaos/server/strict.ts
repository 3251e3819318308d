import type { Accept } from '../../lib/core/ports.js'

/** Ends a link that says this with 1009, as a proxy does that takes no such message. */
export const strict =
  (mark: string, accept: Accept): Accept =>
  (socket) => {
    const peer = accept(socket)
    let isOver = false
    return {
      ...peer,
      receive: (data) => {
        if (isOver) return
        isOver = typeof data === 'string' && data.includes(mark)
        if (isOver) socket.close(1009, '')
        else peer.receive(data)
      },
    }
  }
