export { serve, type Server } from './serve.js'
export { fileStore } from './store/store.js'
export type { FileStoreOptions } from './store/files.js'
export type { HttpCredentials, MetricsOptions, ServeOptions } from './options.js'
export type { Readers } from './reading.js'
export { files, type FilesOptions } from './files/files.js'
export type { FilesEngine } from './files/opening.js'
export { memory, type MemoryEngine, type MemoryOptions } from '../server/memory.js'
export type { ServerStatus } from '../server/lifecycle.js'
export { createRoomServer, type RoomServer } from '../server/server.js'
export { type Budgets, defaultBudgets, type GivenBudgets, type Rate } from '../server/budget.js'
export type { Access, Credentials, Identity, RoomServerOptions } from '../server/options.js'
export { declared } from '../contract/declared.js'
export { answers, serverAnswers } from '../server/calls/answers.js'
export type { Declaration, DeclaredOf } from '../contract/declared.js'
export type { Answers, CallHandler, CallHandlers } from '../server/calls/answers.js'
export type { AskedMember, MemberResult } from '../contract/call-answer.js'
export type { ServerAskOptions } from '../server/asks/server-ask.js'
export type { Caller, RoomCaller } from '../server/calls/handled.js'
export type {
  DecidingHook,
  HookAnswer,
  HookClient,
  HookCreation,
  HookEnd,
  HookMember,
  HookMessage,
  HookRefusal,
  Hooks,
  HookValue,
} from '../server/hooks.js'
export type { ServerFault, ServerMetrics } from '../server/metrics.js'
export { prometheus, prometheusType } from '../server/prometheus.js'
export type { Causes } from '../core/causes.js'
export { json } from '../protocol/json.js'
export type { Codec, Logged, PubFields, PubLane, Sized, WireData } from '../protocol/codec.js'
export type { Target } from '../protocol/target.js'
export type { Recipients, ServerPublishOptions, ServerReceipt } from '../server/application.js'
export type { SessionInfo } from '../server/session-info.js'
export type { RoomMember } from '../server/life/room-members.js'
export type {
  CloseRoomOptions,
  CreateRoomOptions,
  ReserveOptions,
  SanctionOptions,
} from '../server/life/order-options.js'
export type { ServerRoom, ServerRooms } from '../server/life/server-rooms.js'
export type { ServerSessions, SessionTarget } from '../server/server-sessions.js'
export type { UserChange } from '../server/identity.js'
export type { DrainOptions, Kicked, KickOptions } from '../server/go-away.js'
export type * from '../server/engine.js'
export type { Result, ResultStream } from '../core/result.js'
export type { Logger } from '../core/logger.js'
export type { WebSocketError } from '../core/error.js'
export type { Durability, Limits, Permission, UserData } from '../protocol/frame.js'
