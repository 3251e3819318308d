import { createServer } from 'node:http'
import type { AddressInfo, Socket as TcpSocket } from 'node:net'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import type { Accept, Data, PeerSocket } from '../../lib/core/ports.js'
import { webSocket, type WebSocketOptions } from '../../lib/transport/websocket.js'
import type { Until } from '../../lib/testing/conformance/eventually.js'
import type { TransportRig } from '../../lib/testing/conformance/transport/rig.js'
import { until } from '../support/until.js'
import { notebook } from './rig.js'

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data) ? new Uint8Array(Buffer.concat(data)) : new Uint8Array(data)

/** The pure server's view of a socket of `ws`. */
const peerSocket = (ws: WebSocket): PeerSocket => ({
  protocol: ws.protocol,
  send: (data: Data) => {
    ws.send(data)
  },
  buffered: () => ws.bufferedAmount,
  close: (code, reason) => {
    ws.close(code, reason)
  },
  terminate: () => {
    ws.terminate()
  },
})

export interface WebSocketRig extends TransportRig {
  readonly server: ReturnType<typeof notebook>
  readonly until: Until
  /** What the server was asked for, request by request. */
  readonly headers: readonly NodeJS.Dict<string | string[]>[]
  /** TCP connections that the server still has. */
  readonly connections: () => number
  /** The codes that the server's sockets were closed with. */
  readonly closeCodes: readonly number[]
}

/** Real sockets to a server on a free port of this machine, which takes notes unless it is told to do something else. */
export const webSocketRig = async (options?: WebSocketOptions, accept?: Accept): Promise<WebSocketRig> => {
  const server = notebook()
  const headers: NodeJS.Dict<string | string[]>[] = []
  const closeCodes: number[] = []
  const tcp = new Set<TcpSocket>()
  const live = new Set<WebSocket>()
  let manner: 'accept' | 'refuse' | 'hang' = 'accept'

  const http = createServer()
  const wss = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first ?? false })
  http.on('connection', (socket) => {
    tcp.add(socket)
    socket.on('close', () => tcp.delete(socket))
  })
  http.on('upgrade', (request, socket, head) => {
    if (request.url === '/fence') {
      wss.handleUpgrade(request, socket, head, (ws) => {
        ws.on('message', () => {
          ws.send('')
        })
      })
      return
    }
    headers.push(request.headers)
    socket.on('error', () => {})
    if (manner === 'refuse') socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n')
    if (manner !== 'accept') {
      socket.on('end', () => socket.end())
      socket.resume()
      return
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      live.add(ws)
      const peer = (accept ?? server.accept)(peerSocket(ws))
      ws.on('message', (data, isBinary) => {
        peer.receive(isBinary ? bytesOf(data) : Buffer.from(bytesOf(data)).toString())
      })
      ws.on('error', () => {})
      ws.on('close', (code) => {
        live.delete(ws)
        closeCodes.push(code)
        peer.closed()
      })
    })
  })
  await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`

  /** A few round trips of another socket: what was under way before has arrived. */
  const calm = async (): Promise<void> => {
    const fence = new WebSocket(`${url}/fence`)
    let trips = 0
    fence.on('open', () => fence.send(''))
    fence.on('message', () => (++trips < 5 ? fence.send('') : fence.close()))
    await until('calm', () => fence.readyState === WebSocket.CLOSED)
  }

  return {
    transport: webSocket(options),
    url,
    server,
    headers,
    closeCodes,
    connections: () => tcp.size,
    until,
    calm,
    refuse: () => (manner = 'refuse'),
    hang: () => (manner = 'hang'),
    stall: (on) => {
      for (const ws of live)
        if (on) ws.pause()
        else ws.resume()
    },
    cut: () => {
      for (const socket of tcp) socket.resetAndDestroy()
    },
    dispose: async () => {
      try {
        await until('all sockets closed', () => tcp.size === 0 && live.size === 0)
      } finally {
        for (const socket of tcp) socket.destroy()
        await new Promise((closed) => http.close(closed))
      }
    },
  }
}
