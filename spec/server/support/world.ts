import type { Engine } from '../../../lib/server/engine.js'
import { memory, type MemoryEngine, type MemoryOptions } from '../../../lib/server/memory.js'
import type { ServerFault } from '../../../lib/server/metrics.js'
import type { RoomServerOptions } from '../../../lib/server/options.js'
import { createRoomServer, type RoomServer } from '../../../lib/server/server.js'
import { virtualTime, type VirtualTime } from '../../../lib/testing/virtual.js'
import { hello, rawPeer, type HelloFields, type PeerOptions, type RawPeer } from './peer.js'

/** A server in virtual time, and clients made of frames. */
export interface World {
  readonly time: VirtualTime
  readonly memory: MemoryEngine
  readonly server: RoomServer
  readonly faults: readonly ServerFault[]
  /** A socket that has said nothing. */
  readonly socket: (options?: PeerOptions) => RawPeer
  /** A client that has said hello, each with an instance of its own. */
  readonly client: (more?: Partial<HelloFields>, options?: PeerOptions) => RawPeer
}

export interface WorldOptions extends Omit<RoomServerOptions, 'engine'> {
  readonly memory?: MemoryOptions
  /** Puts something between the server and the memory. */
  readonly engine?: (engine: Engine) => Engine
}

/** Options may need the time. */
export const world = (given: WorldOptions | ((time: VirtualTime) => WorldOptions) = {}): World => {
  const time = virtualTime()
  const { memory: bounds, engine, ...options } = typeof given === 'function' ? given(time) : given
  const rooms = memory({
    scheduler: time,
    wall: time.now,
    ids: counted('id'),
    epochs: counted('E'),
    tableEpochs: counted('T'),
    ...bounds,
  })
  const server = createRoomServer({
    engine: engine ? engine(rooms) : rooms,
    scheduler: time,
    wall: time.now,
    random: () => 0.5,
    ids: counted('own'),
    ...options,
  })
  const faults: ServerFault[] = []
  server.faults$.subscribe((fault) => faults.push(fault))
  const instance = counted('i')
  const socket = (peer?: PeerOptions): RawPeer => rawPeer(server, peer)
  return {
    time,
    memory: rooms,
    server,
    faults,
    socket,
    client: (more = {}, peer) => {
      const client = socket(peer)
      client.send(hello({ session: { instance: instance(), generation: 1 }, ...more }))
      return client
    },
  }
}

/** `E1`, `E2`… */
export const counted = (prefix: string): (() => string) => {
  let n = 0
  return () => `${prefix}${++n}`
}
