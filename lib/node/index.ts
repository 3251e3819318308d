export { serve, type Server } from './serve.js'
export { fileStore } from './store/store.js'
export type { FileStoreOptions } from './store/files.js'
export type { HttpCredentials, ServeOptions } from './options.js'
export { files, type FilesOptions } from './files/files.js'
export type { FilesEngine } from './files/opening.js'
export { memory, type MemoryEngine, type MemoryOptions } from '../server/memory.js'
export {
  createRoomServer,
  type Kicked,
  type KickOptions,
  type RoomServer,
  type ServerStatus,
} from '../server/server.js'
export type { Access, Credentials, Identity, RoomServerOptions } from '../server/options.js'
export type { ServerFault, ServerMetrics } from '../server/metrics.js'
export type { ServerPublishOptions, ServerReceipt } from '../server/application.js'
export type { DrainOptions } from '../server/farewell.js'
export type * from '../server/engine.js'
export type { Result, ResultStream } from '../core/result.js'
export type { Logger } from '../core/logger.js'
export type { WebSocketError } from '../core/error.js'
export type { Durability, Limits, Permission } from '../protocol/frame.js'
