import { randomUUID } from 'node:crypto'
import { attackersRooms } from './names.js'

/** Frames as text. */
export const hello = (token: string): string =>
  JSON.stringify({
    t: 'hello',
    // Without the capability `seen` the network alone bounds what is sent to it.
    can: ['granted', 'history'],
    token,
    session: { instance: randomUUID(), generation: 1 },
    rooms: [],
  })

export const roomOf = (name: string | number): string => `${attackersRooms}${name}`

export const join = (ch: number, room: string, more: object = {}): string =>
  JSON.stringify({ t: 'join', ch, room, want: ['messages'], ...more })

export const leave = (ch: number): string => `{"t":"leave","ch":${ch}}`

export const history = (ch: number, room: string, count = 1): string =>
  `{"t":"history","ch":${ch},"room":"${room}","count":${count}}`

/** One WebSocket message. */
export const batch = (frames: readonly string[]): string => `[${frames.join()}]`

/** A message of so many frames. */
export const many = (count: number, frame: (index: number) => string): string =>
  batch(Array.from({ length: count }, (_, index) => frame(index)))

/** Frames that the server takes in a message: of joins, leaves and questions, and of others. */
export const mostControls = 4_000
export const mostOthers = 64

/** Counts up from 1. */
export const counter = (): (() => number) => {
  let last = 0
  return () => ++last
}

/** Writes publishes of one producer: each room is a lane. */
export const publisher = (): ((room: string, data: string) => string) => {
  const producer = randomUUID()
  const lanes = new Map<string, number>()
  const ref = counter()
  return (room, data) => {
    const seq = (lanes.get(room) ?? 0) + 1
    lanes.set(room, seq)
    return `["p",${ref()},"${room}","${producer}",${seq},0,"${producer.slice(0, 24)}${seq}","e","${data}",0]`
  }
}

/** How many publishes a message of the server acknowledges. */
export const acknowledged = (text: string): number => {
  if (!text.includes('"a"')) return 0
  const parsed = JSON.parse(text) as readonly unknown[]
  const frames = Array.isArray(parsed[0]) || typeof parsed[0] === 'object' ? parsed : [parsed]
  return frames.reduce<number>(
    (sum, frame) => (Array.isArray(frame) && frame[0] === 'a' ? sum + (frame.length - 3) / 3 : sum),
    0,
  )
}

/** How often a text holds another. */
export const occurrences = (text: string, part: string): number => text.split(part).length - 1
