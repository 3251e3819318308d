export { engineSuite } from './conformance/engine.js'
export { eventually } from './conformance/eventually.js'
export { storeSuite } from './conformance/store.js'
export { transportSuite } from './conformance/transport.js'
export { testServer } from './edge.js'
export { seeded } from './random.js'
export { storm } from './storm.js'
export { completed, errored, expectTimeline, timeline } from './timeline.js'
export { unreliable } from './unreliable.js'
export { virtualTime } from './virtual.js'
export { world } from './world.js'
export { memory as memoryNetwork } from '../transport/memory.js'
export { memory as memoryEngine } from '../server/memory.js'
export { createRoomServer } from '../server/server.js'

export type { Case } from './conformance/case.js'
export type { EngineAbilities, EngineBounds, EngineRig, StartEngine } from './conformance/engine/rig.js'
export type { EventuallyOptions, Until } from './conformance/eventually.js'
export type { StartStore, StoreAbilities, StoreRig } from './conformance/store.js'
export type { StartTransport, TransportRig } from './conformance/transport/rig.js'
export type { TestServer, TestServerOptions } from './edge.js'
export type {
  Completed,
  Errored,
  Mark,
  Projection,
  Timeline,
  TimelineExpectation,
  TimelineOptions,
} from './timeline.js'
export type { Storm, StormFault, StormGround, StormOptions, Strike } from './storm.js'
export type { EngineFault, EngineFaults, UnreliableOptions } from './unreliable.js'
export type { VirtualTime, VirtualTimeOptions } from './virtual.js'
export type { World, WorldClientOptions, WorldOptions } from './world.js'
export type { Controls } from '../transport/controls.js'
export type { Direction } from '../transport/link.js'
export type { Host, MemoryNetwork, MemoryOptions as MemoryNetworkOptions, Sighting } from '../transport/memory.js'
export type { Latency } from '../transport/weather.js'
export type { Accept, Peer, PeerSocket } from '../core/ports.js'
export type { Engine } from '../server/engine.js'
export type { RoomServer } from '../server/server.js'
export type { RoomServerOptions } from '../server/options.js'
