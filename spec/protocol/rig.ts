import type { ServerFrame } from '../../lib/protocol/frame.js'
import { memory, type MemoryEngine, type MemoryOptions } from '../../lib/server/memory.js'
import type { RoomServerOptions } from '../../lib/server/options.js'
import { createRoomServer, type RoomServer } from '../../lib/server/server.js'
import { virtualTime, type VirtualTime } from '../../lib/testing/virtual.js'
import { hello, type PeerOptions, rawPeer, type RawPeer } from '../server/support/peer.js'

/** The server of this repository, spoken to in nothing but frames, in virtual time. */
export interface Rig {
  readonly time: VirtualTime
  readonly server: RoomServer
  readonly engine: MemoryEngine
  /** A socket that has said nothing. */
  readonly socket: (options?: PeerOptions) => RawPeer
  /** A welcomed client of its own. */
  readonly guest: (instance?: string, more?: Parameters<typeof hello>[0], options?: PeerOptions) => RawPeer
}

export const rig = (options: Partial<RoomServerOptions> = {}, log: MemoryOptions = {}): Rig => {
  const time = virtualTime()
  let names = 0
  let [epochs, tables] = [0, 0]
  const engine = memory({
    scheduler: time,
    wall: () => time.now(),
    ids: () => `id${++names}`,
    epochs: () => `E${++epochs}`,
    tableEpochs: () => `T${++tables}`,
    ...log,
  })
  const server = createRoomServer({ engine, scheduler: time, random: () => 0, ...options })
  const socket = (how: PeerOptions = {}): RawPeer => rawPeer(server, how)
  return {
    time,
    server,
    engine,
    socket,
    guest: (instance = 'i1', more = {}, how = {}) => {
      const peer = socket(how)
      peer.send(hello({ session: { instance, generation: 1 }, ...more }))
      time.advanceBy(0)
      peer.news()
      return peer
    },
  }
}

/** The link was refused with a code, in band, and then closed. */
export const ending = (peer: RawPeer): readonly [code: string | undefined, closeCode: number | undefined] => {
  const last = peer.frames().at(-1)
  return [
    last && 't' in last && last.t === 'refused' && last.ref === undefined ? last.code : undefined,
    peer.closedWith(),
  ]
}

/** Frames in short: tags, with what tells them apart. */
export const brief = (frames: readonly ServerFrame[]): readonly string[] =>
  frames.map((frame) => {
    if (!('t' in frame))
      return frame[0] === 'm' ? `m ${frame[1]} ${frame[2]} ${frame[3]}` : `a ${frame.slice(1).join(' ')}`
    switch (frame.t) {
      case 'refused':
        return `refused ${frame.ref ?? 'link'} ${frame.code}`
      case 'left':
        return `left ${frame.ch} ${frame.code}`
      case 'joined':
        return `joined ${frame.ch} ${frame.epoch} ${frame.first}-${frame.head} after ${frame.base}${frame.recovered ? '' : ` ${frame.because ?? '?'}`}`
      case 'gap':
        return `gap ${frame.ch} ${frame.from.epoch}/${frame.from.offset}-${frame.to.epoch}/${frame.to.offset} ${frame.because}`
      case 'page':
        return `page ${frame.ch} ${frame.epoch} ${frame.first}-${frame.head} after ${frame.base}${frame.recovered ? '' : ` ${frame.because ?? '?'}`}`
      default:
        return frame.t
    }
  })

/** Where the order of answers is not promised. */
export const sorted = (texts: readonly string[]): readonly string[] => [...texts].sort()
