import { createServer, connect, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

type Direction = 'up' | 'down'

/** A TCP relay that can be told to misbehave, per direction: `up` is from client to server. */
export interface FaultProxy {
  readonly port: number
  /** Ends every connection: `rst` at once, `fin` politely. */
  readonly cut: (how: 'rst' | 'fin') => void
  /** Passes nothing on; the senders feel it. */
  readonly stall: (on: boolean) => void
  /** Reads and drops everything: nobody is told. */
  readonly blackhole: (on: boolean) => void
  /** Ends every connection after so many more bytes towards the client: in the middle of a frame. */
  readonly cutAfter: (bytes: number) => void
  /** Passes on at most so many bytes at a time. */
  readonly chunk: (bytes: number) => void
  readonly connections: () => number
  readonly close: () => Promise<void>
}

interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** Relays connections on a free port to a port of this machine. */
export const faultProxy = async (target: number): Promise<FaultProxy> => {
  const pairs = new Set<Pair>()
  const weather = { stalled: false, lossy: false, chunk: Infinity, left: Infinity }
  const held: (() => void)[] = []

  const end = ({ client, server }: Pair): void => {
    client.resetAndDestroy()
    server.resetAndDestroy()
  }
  const pass = (pair: Pair, to: Socket, data: Buffer, direction: Direction): void => {
    if (to.destroyed) return
    for (let at = 0; at < data.length; at += weather.chunk) {
      const piece = data.subarray(at, Math.min(data.length, at + weather.chunk))
      if (direction === 'up') to.write(piece)
      else if (piece.length < weather.left) {
        weather.left -= piece.length
        to.write(piece)
      } else {
        to.write(piece.subarray(0, weather.left), () => {
          end(pair)
        })
        weather.left = Infinity
        return
      }
    }
  }
  const relay = (pair: Pair, from: Socket, to: Socket, direction: Direction): void => {
    from.on('data', (data) => {
      if (weather.lossy) return
      if (weather.stalled) {
        held.push(() => {
          pass(pair, to, data, direction)
        })
      } else pass(pair, to, data, direction)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      to.destroy()
      pairs.delete(pair)
    })
  }
  const listener: Server = createServer((client) => {
    const pair: Pair = { client, server: connect({ port: target, host: '127.0.0.1', noDelay: true }) }
    client.setNoDelay(true)
    pairs.add(pair)
    relay(pair, client, pair.server, 'up')
    relay(pair, pair.server, client, 'down')
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  return {
    port: (listener.address() as AddressInfo).port,
    cut: (how) => {
      for (const pair of [...pairs]) {
        if (how === 'rst') end(pair)
        else {
          pair.client.end()
          pair.server.end()
        }
      }
    },
    stall: (on) => {
      weather.stalled = on
      if (!on) for (const pass of held.splice(0)) pass()
    },
    blackhole: (on) => {
      weather.lossy = on
    },
    cutAfter: (bytes) => {
      weather.left = bytes
    },
    chunk: (bytes) => {
      weather.chunk = bytes
    },
    connections: () => pairs.size,
    close: () => {
      for (const pair of [...pairs]) end(pair)
      return new Promise((resolve) => {
        listener.close(() => {
          resolve()
        })
      })
    },
  }
}
