import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Accept, Data, PeerSocket } from '../core/ports.js'
import { output } from './output.js'

/** An accepted WebSocket. `raw` is the TCP or TLS socket below it. */
export interface Attached {
  readonly ws: WebSocket
  readonly raw: Duplex
  readonly request: IncomingMessage
  readonly address: string | undefined
}

/** Passes an accepted WebSocket to the room server. */
export const attach = ({ ws, raw, request, address }: Attached, accept: Accept): void => {
  const peer = accept(peerSocket({ ws, raw, request, address }))
  const complete = countPartial(raw, (bytes) => peer.partial?.(bytes))
  ws.on('message', (data, isBinary) => {
    complete()
    peer.receive(dataOf(data, isBinary))
  })
  ws.on('error', () => undefined)
  ws.on('close', (code, reason) => {
    peer.closed(code, reason.toString())
  })
  raw.on('drain', () => {
    peer.drained()
  })
}

/** Minimum size of an incomplete message that counts, in bytes. */
const leastPartial = 65_536

/** Reports how much of an incomplete message has arrived: `ws` holds it. */
const countPartial = (raw: Duplex, tell: (bytes: number) => void): (() => void) => {
  let bytes = 0
  raw.prependListener('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    if (bytes > leastPartial) tell(bytes)
  })
  return () => {
    if (bytes > leastPartial) tell(0)
    bytes = 0
  }
}

const peerSocket = ({ ws, raw, request, address }: Attached): PeerSocket => {
  return {
    protocol: ws.protocol,
    request,
    address,
    pause: () => {
      ws.pause()
    },
    resume: () => {
      ws.resume()
    },
    send: output(ws, raw),
    buffered: () => raw.writableLength,
    close: (code, reason) => {
      ws.close(code, reason)
    },
    terminate: () => {
      ws.terminate()
    },
  }
}

const dataOf = (data: RawData, isBinary: boolean): Data => {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)
  return isBinary ? bytes : bytes.toString()
}
