import { WebSocket } from 'ws'

/** A link that speaks whatever it is told to. */
export interface Peer {
  readonly say: (text: string) => void
  /** Hears each message from now on. */
  readonly hear: (listener: (text: string) => void) => void
  /** Reads nothing from now on. */
  readonly deafen: () => void
  /** Bytes that the network has not taken. */
  readonly unsent: () => number
  readonly isOpen: () => boolean
  readonly gone: Promise<void>
  readonly end: () => void
}

export interface Way {
  /** The last part of its address on the loopback, from 2. Good clients come from 1. Default 2. */
  readonly host?: number
}

export const addressOf = ({ host = 2 }: Way): string => `127.0.${host >> 8}.${host & 255}`

/** Opens a link; nothing where the handshake failed. */
export const dial = (port: number, way: Way = {}): Promise<Peer | undefined> =>
  new Promise((resolve) => {
    const ws = new WebSocket(`ws://127.0.0.1:${port}`, ['rx-rooms.v1.json'], {
      localAddress: addressOf(way),
      perMessageDeflate: false,
      handshakeTimeout: 5_000,
    })
    const gone = new Promise<void>((ended) => {
      ws.once('close', () => {
        resolve(undefined)
        ended()
      })
    })
    ws.on('error', () => undefined)
    const listeners: ((text: string) => void)[] = []
    ws.on('message', (data: Buffer) => {
      if (listeners.length === 0) return
      const text = data.toString()
      for (const listener of listeners) listener(text)
    })
    ws.once('open', () => {
      resolve({
        say: (text) => {
          if (ws.readyState === WebSocket.OPEN) ws.send(text)
        },
        hear: (listener) => {
          listeners.push(listener)
        },
        deafen: () => {
          ws.pause()
        },
        unsent: () => ws.bufferedAmount,
        isOpen: () => ws.readyState === WebSocket.OPEN,
        gone,
        end: () => {
          ws.terminate()
        },
      })
    })
  })
