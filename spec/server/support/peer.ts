import * as E from '#fp/Either'
import type { Data, Peer } from '../../../lib/core/ports.js'
import type { ClientFrame, Hello, Join, Pub, ServerFrame } from '../../../lib/protocol/frame.js'
import { readServer } from '../../../lib/protocol/server-frames.js'
import { readQuestion } from '../../../lib/protocol/ask-frames.js'
import { readReply } from '../../../lib/protocol/call-frames.js'
import { readTable } from '../../../lib/protocol/table-frames.js'
import { json } from '../../../lib/protocol/json.js'
import { byteLength } from '../../../lib/protocol/utf8.js'
import type { RoomServer } from '../../../lib/server/server.js'

type Tag = Extract<ServerFrame, { readonly t: string }>['t'] | 'm' | 'h' | 'a' | 's'
type FrameOf<T extends Tag> = Extract<ServerFrame, { readonly t: T } | readonly [T, ...unknown[]]>

/** A client made of nothing but frames, on a socket in memory. */
export interface RawPeer {
  /** Sends frames in WebSocket messages of 64 each. */
  readonly send: (...frames: readonly ClientFrame[]) => void
  /** Sends whatever it is. */
  readonly sendRaw: (data: Data) => void
  /** Everything received so far. */
  readonly frames: () => readonly ServerFrame[]
  /** What was received since this was asked before. */
  readonly news: () => readonly ServerFrame[]
  readonly all: <T extends Tag>(tag: T) => readonly FrameOf<T>[]
  /** WebSocket messages received so far. */
  readonly messages: () => readonly Data[]
  /** What the server closed it with. */
  readonly closedWith: () => number | undefined
  readonly isTerminated: () => boolean
  /** The server does not read it at present. */
  readonly isPaused: () => boolean
  /** The peer goes away; with a code and a reason it closes. */
  readonly drop: (code?: number, reason?: string) => void
  /** The network takes nothing any more; what is sent is buffered. */
  readonly stop: () => void
  /** The network takes so many bytes; without a number it flows again. */
  readonly drain: (bytes?: number) => void
  readonly buffered: () => number
  /** The most that was ever buffered. */
  readonly peak: () => number
}

export interface PeerOptions {
  readonly protocol?: string
  readonly request?: unknown
  readonly address?: string
  /** The socket can be read later. Default true. */
  readonly pauses?: boolean
  /** Answers pings by itself. Default true. */
  readonly pongs?: boolean
  /** Ends the closing handshake at once. Default true. */
  readonly closes?: boolean
}

export const rawPeer = (server: Pick<RoomServer, 'accept'>, options: PeerOptions = {}): RawPeer => {
  const { protocol = json.subprotocol, request, address, pauses = true, pongs = true, closes = true } = options
  const received: ServerFrame[] = []
  const messages: Data[] = []
  let told = 0
  let closeCode: number | undefined
  let isTerminated = false
  let isPaused = false
  let isFlowing = true
  let waiting: Data[] = []
  let buffered = 0
  let peak = 0
  const life: { isOver: boolean; peer?: Peer } = { isOver: false }
  const over = (code?: number, reason?: string): void => {
    if (life.isOver) return
    life.isOver = true
    life.peer?.closed(code, reason)
  }
  const arrive = (data: Data): void => {
    messages.push(data)
    const envelopes = json.unpack(data)
    if (E.isLeft(envelopes)) throw new Error(envelopes.left)
    for (const envelope of envelopes.right) {
      const core = readServer(envelope)
      const table = core._tag === 'Unknown' ? readTable(envelope) : core
      const call = table._tag === 'Unknown' ? readReply(envelope) : table
      const read = call._tag === 'Unknown' ? readQuestion(envelope) : call
      if (read._tag !== 'Frame')
        throw new Error(`not a server's frame: ${JSON.stringify(envelope)} ${JSON.stringify(read)}`)
      received.push(read.frame)
      if (pongs && 't' in read.frame && read.frame.t === 'ping') send({ t: 'pong', n: read.frame.n })
    }
  }
  const isRead = (): boolean => !isPaused
  /** What the server has not read. */
  const unread: Data[] = []
  const sendRaw = (data: Data): void => {
    if (isPaused) unread.push(data)
    else if (!life.isOver) peer.receive(data)
  }
  const send = (...frames: readonly ClientFrame[]): void => {
    for (let at = 0; at < frames.length; at += 64)
      sendRaw(json.pack(frames.slice(at, at + 64).map((frame) => json.encode(frame))))
  }
  const sizeOf = (data: Data): number => (typeof data === 'string' ? byteLength(data) : data.length)

  const peer: Peer = server.accept({
    protocol,
    address,
    ...(pauses ? { pause: () => void (isPaused = true) } : {}),
    resume: () => {
      isPaused = false
      while (isRead() && unread.length > 0) sendRaw(unread.shift()!)
    },
    ...(request === undefined ? {} : { request }),
    send: (data) => {
      if (closeCode !== undefined || isTerminated) return
      if (isFlowing) arrive(data)
      else {
        waiting.push(data)
        buffered += sizeOf(data)
        peak = Math.max(peak, buffered)
      }
    },
    buffered: () => buffered,
    close: (code) => {
      closeCode ??= code
      if (closes) over()
    },
    terminate: () => {
      isTerminated = true
      over()
    },
  })

  // A server may close a socket before it has returned from accepting it.
  life.peer = peer
  if (life.isOver) peer.closed()

  const tagOf = (frame: ServerFrame): Tag => ('t' in frame ? frame.t : frame[0])
  return {
    send,
    sendRaw,
    frames: () => received,
    news: () => {
      const since = received.slice(told)
      told = received.length
      return since
    },
    all: <T extends Tag>(tag: T) => received.filter((frame): frame is FrameOf<T> => tagOf(frame) === tag),
    messages: () => messages,
    closedWith: () => closeCode,
    isTerminated: () => isTerminated,
    isPaused: () => isPaused,
    drop: over,
    stop: () => {
      isFlowing = false
    },
    drain: (bytes = Infinity) => {
      isFlowing = bytes === Infinity
      let taken = 0
      const ready: Data[] = []
      for (let first = waiting[0]; first !== undefined && taken + sizeOf(first) <= bytes; first = waiting[0]) {
        taken += sizeOf(first)
        waiting = waiting.slice(1)
        ready.push(first)
      }
      buffered -= taken
      for (const data of ready) arrive(data)
      peer.drained()
    },
    buffered: () => buffered,
    peak: () => peak,
  }
}

export type HelloFields = Omit<Hello, 't'>

export const hello = (more: Partial<HelloFields> = {}): Hello => ({
  t: 'hello',
  can: [],
  session: { instance: 'i1', generation: 1 },
  rooms: [],
  ...more,
})

export const join = (ch: number, room: string, more: Partial<Omit<Join, 't' | 'ch' | 'room'>> = {}): Join => ({
  t: 'join',
  ch,
  room,
  want: ['messages'],
  ...more,
})

/** A publish whose id is its producer and seq. */
export const pub = (ref: number, room: string, seq: number, more: Partial<PubFields> = {}): Pub => {
  const { producer = 'p1', after = 0, event = 'e', data = seq, flags = 0 } = more
  return ['p', ref, room, producer, seq, after, `${producer}.${seq}`, event, data, flags]
}

interface PubFields {
  readonly producer: string
  readonly after: number
  readonly event: string
  readonly data: unknown
  readonly flags: number
}
