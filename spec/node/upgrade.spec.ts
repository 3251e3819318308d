import { createServer, type Server as HttpServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { hello } from '../server/support/peer.js'
import { answered, connected, holds, started, stopAll, until } from './support.js'

const servers = new Set<HttpServer>()
const sockets = new Set<Socket>()

const application = async (): Promise<HttpServer> => {
  const http = createServer((request, response) => response.end(`a page of ${String(request.url)}`))
  servers.add(http)
  http.listen(0, '127.0.0.1')
  await until('http', () => (http.listening ? true : undefined))
  return http
}

afterEach(() => {
  stopAll()
  for (const socket of sockets) socket.destroy()
  for (const http of servers) {
    http.close()
    http.closeAllConnections()
  }
  servers.clear()
  sockets.clear()
})

interface Stranger {
  readonly socket: Socket
  readonly heard: () => string
  readonly isClosed: () => boolean
}

/** A client by hand, which never closes its own half. */
const stranger = (http: HttpServer, path: string, headers: readonly string[] = []): Stranger => {
  const { port } = http.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  sockets.add(socket)
  let heard = ''
  let isClosed = false
  socket.on('error', () => undefined)
  socket.on('data', (data: Buffer) => (heard += data.toString()))
  socket.on('end', () => (isClosed = true))
  socket.on('close', () => (isClosed = true))
  const upgrade = headers.some((header) => header.startsWith('Upgrade')) ? [] : ['Upgrade: websocket']
  const lines = [`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: Upgrade', ...upgrade, ...headers]
  const key = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
  socket.write(`${[...lines, ...key].join('\r\n')}\r\n\r\n`)
  return { socket, heard: () => heard, isClosed: () => isClosed }
}

const nobodyIsHeld = (http: HttpServer): Promise<void> => {
  let held = 1
  return holds('that no socket is held', () => {
    http.getConnections((_, count) => {
      held = count
    })
    return held === 0
  })
}

describe('upgrade requests on an HTTP server of the application', () => {
  it.each(['/other', '/rooms/', '/rooms%2F', '/'])('[SV106] at %s are refused with 404 and closed', async (path) => {
    const http = await application()
    await started({ server: http, path: '/rooms' })
    const { heard, isClosed } = stranger(http, path)
    await holds('the end', isClosed)
    expect(heard()).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[^]*Rooms are at \/rooms\.$/)
    await nobodyIsHeld(http)
  })

  it('[SV106] a reset of such a socket ends nothing', async () => {
    const http = await application()
    const { server } = await started({ server: http, path: '/rooms' })
    const taken: Duplex[] = []
    http.on('upgrade', (_, raw: Duplex) => taken.push(raw))
    const { socket } = stranger(http, '/other')
    const raw = await until('the request', () => taken[0])
    // An error that nobody listens for is thrown, and ends the process.
    expect(() => raw.emit('error', new Error('read ECONNRESET'))).not.toThrow()
    socket.resetAndDestroy()
    await nobodyIsHeld(http)
    const peer = await connected(server.url)
    peer.send(hello())
    await holds('the welcome', () => peer.tags().includes('welcome'))
  })

  it('[SV106] are left to other listeners, also where the rooms have no path', async () => {
    for (const path of ['/rooms', undefined]) {
      const http = await application()
      const { port } = http.address() as AddressInfo
      const { server } = await started({ server: http, ...(path !== undefined && { path }), handshakeMs: 200 })
      const other = new WebSocketServer({ noServer: true })
      http.on('upgrade', (request, raw, head) => {
        if (request.url !== '/other') return
        other.handleUpgrade(request, raw, head, (ws) => {
          ws.on('message', (data) => {
            ws.send(data)
          })
        })
      })
      const guest = await connected(`ws://127.0.0.1:${port}/other`, {}, 'vite-hmr')
      const unclaimed = stranger(http, '/nobody', ['Sec-WebSocket-Protocol: graphql-transport-ws'])
      await holds('the refusal of what nobody answers', unclaimed.isClosed)
      expect(unclaimed.heard()).toContain('404 Not Found')
      let echoed = ''
      guest.socket.on('message', (data: Buffer) => (echoed = data.toString()))
      guest.socket.send('[1]')
      await holds('the echo, after the time of the others is over', () => echoed === '[1]')
      const peer = await connected(server.url)
      peer.send(hello())
      await holds('the welcome', () => peer.tags().includes('welcome'))
      stopAll()
    }
  })

  it('[SV106] that were taken before are not taken again', async () => {
    const http = await application()
    const before = new WebSocketServer({ server: http })
    let count = 0
    before.on('connection', () => count++)
    const { server } = await started({ server: http })
    await connected(server.url)
    expect(count).toBe(1)
    expect(server.metrics().links).toBe(0)
  })

  it('[SV107] go to the room server of their path', async () => {
    const http = await application()
    const [first, second] = [await started({ server: http, path: '/a' }), await started({ server: http, path: '/b' })]
    await connected(first.server.url)
    await connected(second.server.url)
    await connected(second.server.url)
    expect([first.server.metrics().links, second.server.metrics().links]).toEqual([1, 2])
    const { result } = await answered({ server: http, path: '/a' })
    expect(result).toMatchObject({ left: { code: 'server/path-taken', kind: 'terminal' } })
    first.stop()
    await started({ server: http, path: '/a' })
    stopAll()
    expect(http.listenerCount('upgrade')).toBe(0)
  })
})
