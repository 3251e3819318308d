import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import { socketAddress } from './client-address.js'

/**
 * Lets an address have so many sockets of an HTTP server open, with and without a request. `crowded` is called for each that is
 * ended instead. Not for servers behind a proxy, whose sockets are all of one address.
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
    // A connection is told of again when a request is read again.
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
