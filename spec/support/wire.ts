import * as E from '#fp/Either'
import type { ClientFrame, Join, ServerFrame } from '../../lib/protocol/frame.js'
import { joinsOf as expanded } from '../../lib/protocol/joins.js'
import { json } from '../../lib/protocol/json.js'
import type { MemoryNetwork } from '../../lib/transport/memory.js'

type Tag<F> = F extends { readonly t: infer T } ? T : F extends readonly [infer T, ...unknown[]] ? T : never
type FrameOf<F, T extends Tag<F>> = Extract<F, { readonly t: T } | readonly [T, ...unknown[]]>

/** A frame as it was put on a link. */
export interface Sent<F> {
  readonly at: number
  readonly link: number
  readonly frame: F
}

/** Everything that was ever put on the wire. */
export interface Wire {
  /** What clients sent. */
  readonly up: <T extends Tag<ClientFrame>>(tag: T) => readonly Sent<FrameOf<ClientFrame, T>>[]
  /** What the server sent. */
  readonly down: <T extends Tag<ServerFrame>>(tag: T) => readonly Sent<FrameOf<ServerFrame, T>>[]
  /** Every join, whether it travelled in a hello or on its own. */
  readonly joins: () => readonly Sent<FrameOf<ClientFrame, 'join'>>[]
  /** Every token, in the order they were sent. */
  readonly tokens: () => readonly string[]
  /** WebSocket messages of clients. */
  readonly messages: () => readonly string[]
  /** The rooms that clients are in by what was said on a link: joined, and neither left nor put out. */
  readonly members: (link: number) => readonly string[]
  /** The number of the link that was used last. */
  readonly lastLink: () => number
}

/** The joins of a frame, which a hello may hold many of. */
export const joinsOf = (frame: ClientFrame): readonly Join[] => {
  if (!('t' in frame)) return []
  if (frame.t === 'hello') return frame.rooms.flatMap(expanded)
  return frame.t === 'join' || frame.t === 'joins' ? expanded(frame) : []
}

const tagOf = (frame: ClientFrame | ServerFrame): string => ('t' in frame ? frame.t : frame[0])

const read = (data: unknown): readonly unknown[] => {
  const envelopes = json.unpack(data as string)
  return E.isRight(envelopes) ? envelopes.right : []
}

/** Listens to a network from now on. */
export const tap = (network: Pick<MemoryNetwork, 'frames$'>): Wire => {
  const ups: Sent<ClientFrame>[] = []
  const downs: Sent<ServerFrame>[] = []
  const messages: string[] = []
  const rooms = new Map<string, { readonly room: string; isIn: boolean }>()
  let lastLink = 0

  network.frames$.subscribe(({ at, link, direction, data }) => {
    lastLink = link
    if (direction === 'up') {
      messages.push(String(data))
      for (const frame of read(data) as readonly ClientFrame[]) {
        ups.push({ at, link, frame })
        for (const { ch, room } of joinsOf(frame)) rooms.set(`${link} ${ch}`, { room, isIn: false })
        if ('t' in frame && frame.t === 'leave') rooms.delete(`${link} ${frame.ch}`)
      }
    } else
      for (const frame of read(data) as readonly ServerFrame[]) {
        downs.push({ at, link, frame })
        if (!('t' in frame) || !('ch' in frame)) continue
        const room = rooms.get(`${link} ${frame.ch}`)
        if (frame.t === 'joined' && room) room.isIn = true
        if (frame.t === 'left') rooms.delete(`${link} ${frame.ch}`)
      }
  })
  return {
    up: (tag) => ups.filter(({ frame }) => tagOf(frame) === tag) as never,
    down: (tag) => downs.filter(({ frame }) => tagOf(frame) === tag) as never,
    joins: () => ups.flatMap(({ at, link, frame }) => joinsOf(frame).map((join) => ({ at, link, frame: join }))),
    tokens: () =>
      ups.flatMap(({ frame }) => ('token' in frame && typeof frame.token === 'string' ? [frame.token] : [])),
    messages: () => messages,
    members: (link) =>
      [...rooms].flatMap(([key, { room, isIn }]) => (isIn && key.startsWith(`${link} `) ? [room] : [])).sort(),
    lastLink: () => lastLink,
  }
}
