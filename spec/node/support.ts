import { createServer, type Server as HttpServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import * as E from '#fp/Either'
import WebSocket from 'ws'
import type { ClientFrame, ServerFrame } from '../../lib/protocol/frame.js'
import { json } from '../../lib/protocol/json.js'
import { serve, type Server, type ServeOptions } from '../../lib/node/index.js'
import type { WebSocketError } from '../../lib/core/error.js'
import { until } from '../support/until.js'

export { until } from '../support/until.js'

/** Waits until a condition holds. */
export const holds = (what: string, condition: () => boolean): Promise<void> => until(what, condition)

export interface Running {
  readonly server: Server
  readonly stop: () => void
}

const running = new Set<() => void>()
const sockets = new Set<WebSocket>()
const wires = new Set<Wire>()

/** Starts a server on a free port; `stopAll` stops it. */
export const started = async (options: ServeOptions = {}): Promise<Running> => {
  const answer = await answered({ port: 0, ...options })
  if (E.isLeft(answer.result)) throw new Error(answer.result.left.message)
  return { server: answer.result.right, stop: answer.stop }
}

export interface Answered {
  readonly result: E.Either<WebSocketError, Server>
  readonly isComplete: () => boolean
  readonly stop: () => void
}

/** What `serve` answers. */
export const answered = async (options: ServeOptions): Promise<Answered> => {
  let result: E.Either<WebSocketError, Server> | undefined
  let isComplete = false
  serve(options).subscribe({
    next: (each) => {
      result = each
    },
    complete: () => {
      isComplete = true
    },
  })
  const stop = (): void => {
    if (result && E.isRight(result)) void result.right.close()
    running.delete(stop)
  }
  running.add(stop)
  return { result: await until('an answer of serve', () => result), isComplete: () => isComplete, stop }
}

const applications = new Set<HttpServer>()

/** An HTTP server of an application that listens on a free port, until `stopAll`. */
export const listening = async ({ host = '127.0.0.1', http = createServer() } = {}): Promise<HttpServer> => {
  applications.add(http)
  http.listen(0, host)
  await until('http', () => (http.listening ? true : undefined))
  return http
}

export const stopAll = (): void => {
  for (const socket of sockets) socket.terminate()
  sockets.clear()
  for (const { socket } of wires) socket.destroy()
  wires.clear()
  for (const stop of [...running]) stop()
  for (const http of applications) {
    http.close()
    http.closeAllConnections()
  }
  applications.clear()
}

export interface RealPeer {
  readonly socket: WebSocket
  readonly send: (...frames: readonly ClientFrame[]) => void
  readonly frames: readonly ServerFrame[]
  readonly tags: () => readonly string[]
  /** The offsets of the messages so far. */
  readonly offsets: () => readonly number[]
  readonly closedWith: () => number | undefined
}

/** A WebSocket that is open. */
export const connected = async (
  url: string,
  options: WebSocket.ClientOptions = {},
  protocol = json.subprotocol,
): Promise<RealPeer> => {
  const socket = new WebSocket(url, protocol, options)
  sockets.add(socket)
  const frames: ServerFrame[] = []
  let closeCode: number | undefined
  let failure: Error | undefined
  socket.on('message', (data: Buffer) => {
    const envelopes = json.unpack(data.toString())
    if (E.isRight(envelopes)) frames.push(...(envelopes.right as ServerFrame[]))
  })
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', (code) => {
    closeCode = code
  })
  await until(`a socket to ${url}`, () => {
    if (failure) throw failure
    return socket.readyState >= WebSocket.OPEN ? true : undefined
  })
  const tagOf = (frame: ServerFrame): string => ('t' in frame ? frame.t : frame[0])
  return {
    socket,
    send: (...batch) => {
      socket.send(json.pack(batch.map((frame) => json.encode(frame))))
    },
    frames,
    tags: () => frames.map(tagOf),
    offsets: () => frames.flatMap((frame) => ('t' in frame || frame[0] !== 'm' ? [] : [frame[2]])),
    closedWith: () => closeCode,
  }
}

/** A TCP socket to this machine, which is not a half of a WebSocket. */
export interface Wire {
  readonly socket: Socket
  readonly write: (text: string) => void
  readonly heard: () => string
  /** The other side has ended it. */
  readonly isClosed: () => boolean
}

export const wire = (port: number): Wire => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let heard = ''
  let isClosed = false
  socket.on('error', () => undefined)
  socket.on('data', (data: Buffer) => (heard += data.toString()))
  for (const end of ['end', 'close']) socket.on(end, () => (isClosed = true))
  const made: Wire = {
    socket,
    write: (text) => {
      socket.write(text)
    },
    heard: () => heard,
    isClosed: () => isClosed,
  }
  wires.add(made)
  return made
}
