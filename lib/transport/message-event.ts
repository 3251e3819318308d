import type { WebSocketLike } from './socket-like.js'

/** Calls back for each message of a standard socket until the returned function is called. */
export const onMessage = (socket: WebSocketLike, taken: (data: string | ArrayBuffer) => void): (() => void) => {
  socket.onmessage = ({ data }: { readonly data: string | ArrayBuffer }) => {
    taken(data)
  }
  return () => {
    socket.onmessage = null
  }
}
