import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import { socketAddress } from './client-address.js'

/**
 * Limits the open sockets per address of an HTTP server, with and without a request. Calls `crowded` for each socket
 * that it closes instead. Not for servers behind a proxy, whose sockets all have one address.
 */
export const limitSockets = (http: HttpServer, most: number, crowded: () => void): void => {
  const open = new Set<Socket>()
  const counts = new Map<string, number>()
  const count = (address: string, by: number): void => {
    const sum = (counts.get(address) ?? 0) + by
    if (sum > 0) counts.set(address, sum)
    else counts.delete(address)
  }
  http.on('connection', (socket: Socket) => {
    // A connection comes again when its request is read again.
    if (open.has(socket)) return
    const address = socketAddress(socket) ?? ''
    if ((counts.get(address) ?? 0) >= most) {
      socket.destroy()
      crowded()
      return
    }
    open.add(socket)
    count(address, 1)
    socket.once('close', () => {
      open.delete(socket)
      count(address, -1)
    })
  })
}
