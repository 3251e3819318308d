import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { type Pipe, pipe } from './pipe.js'

export type Direction = 'up' | 'down'

/** What a proxy does to what passes, until told otherwise. */
export interface Weather {
  /** Passes nothing on; the senders feel it. */
  stalled: boolean
  /** Reads and drops: nobody is told. */
  lossy: boolean
  /** The most bytes in one piece. */
  chunk: number
  bytesPerSecond: number
}

const fair = (): Weather => ({ stalled: false, lossy: false, chunk: Infinity, bytesPerSecond: Infinity })

/** One connection and its way on. */
interface Pair {
  readonly client: Socket
  readonly server: Socket
  readonly up: Pipe
  readonly down: Pipe
  /** The server does not learn that the client has gone. */
  haunted: boolean
}

/** A TCP relay before one client that can be told to misbehave. `up` is from client to server. */
export interface Proxy {
  readonly port: number
  readonly weather: Readonly<Record<Direction, Weather>>
  /** Ends every connection: `rst` at once, `fin` politely. */
  readonly cut: (how: 'rst' | 'fin') => void
  /** Ends the connections after so many more bytes in that direction: in the middle of a frame. */
  readonly cutAfter: (direction: Direction, bytes: number) => void
  /**
   * Holds back what the client sends. `vanish` then resets the client's side and keeps the server's open; `return` gives
   * the server what was held back, as if it had been late on its way, and ends that connection too.
   */
  readonly haunt: () => { readonly vanish: () => void; readonly return: () => void }
  /** New connections are reset. */
  readonly refuse: (on: boolean) => void
  readonly heal: () => void
  readonly connections: () => number
  /** Bytes from clients that wait to be passed on. */
  readonly waiting: () => number
  readonly close: () => Promise<void>
}

/** Relays to a port of this machine, which `target` chooses for each connection. */
export const proxy = async (target: () => number): Promise<Proxy> => {
  const weather = { up: fair(), down: fair() }
  const pairs = new Set<Pair>()
  let refusing = false

  const reset = ({ client, server }: Pair): void => {
    client.resetAndDestroy()
    server.resetAndDestroy()
  }
  const join = (client: Socket): void => {
    if (refusing) {
      client.resetAndDestroy()
      return
    }
    const server = connect({ port: target(), host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    client.setNoDelay(true)
    const pair: Pair = {
      client,
      server,
      haunted: false,
      up: pipe(client, server, weather.up, () => {
        reset(pair)
      }),
      down: pipe(server, client, weather.down, () => {
        reset(pair)
      }),
    }
    pairs.add(pair)
    const gone = (from: Socket, to: Socket): void => {
      from.on('error', () => undefined)
      from.on('close', (hadError: boolean) => {
        // After an end in order the pipe passes that on, when all before it has passed.
        if (!pair.haunted && (hadError || !from.readableEnded)) to.destroy()
        if (client.destroyed && server.destroyed) pairs.delete(pair)
      })
    }
    gone(client, server)
    gone(server, client)
  }
  const listener: Server = createServer({ allowHalfOpen: true }, join)
  listener.on('error', () => undefined)
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const kick = (): void => {
    for (const pair of pairs) {
      const { up, down } = pair
      // TCP does not go on after a loss: what has lost something is over.
      if (up.hasLost() || down.hasLost()) reset(pair)
      up.go()
      down.go()
    }
  }

  return {
    port: (listener.address() as AddressInfo).port,
    weather,
    cut: (how) => {
      for (const pair of pairs) {
        if (how === 'rst') reset(pair)
        else {
          pair.client.end()
          pair.server.end()
        }
      }
    },
    cutAfter: (direction, bytes) => {
      for (const pair of pairs) pair[direction].cutAfter(bytes)
    },
    haunt: () => {
      const ghosts = [...pairs]
      for (const ghost of ghosts) {
        ghost.up.hold(true)
        ghost.haunted = true
      }
      return {
        vanish: () => {
          for (const { client } of ghosts) client.resetAndDestroy()
        },
        return: () => {
          for (const ghost of ghosts) {
            ghost.up.hold(false)
            ghost.haunted = false
            ghost.server.end()
          }
        },
      }
    },
    refuse: (on) => {
      refusing = on
    },
    heal: () => {
      refusing = false
      Object.assign(weather.up, fair())
      Object.assign(weather.down, fair())
      kick()
    },
    connections: () => pairs.size,
    waiting: () => [...pairs].reduce((sum, { up }) => sum + up.waiting(), 0),
    close: () => {
      for (const pair of pairs) reset(pair)
      return new Promise((resolve) => {
        listener.close(() => {
          resolve()
        })
      })
    },
  }
}
