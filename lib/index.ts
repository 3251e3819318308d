import { clientWith } from './client/client.js'
import type { Client } from './client/client.js'
import type { ClientOptions } from './client/options.js'
import { platformWebSocket } from './transport/websocket.js'

/**
 * Makes a client. Nothing happens before the first need (a subscription, a join, a message) or `connect()`.
 *
 * Never throws: invalid options give a client that is `Closed` with a `ConfigError`; its operations answer `Left` with
 * the fault and its correction.
 */
export const createClient: (options: ClientOptions) => Client = /*#__PURE__*/ clientWith(platformWebSocket)

export { tokens } from './kernel/tokens.js'
export { logTo } from './kernel/log.js'
export { webSocket } from './transport/websocket.js'
export { contract, anything } from './contract/contract.js'
export { unchecked } from './contract/validator.js'
export { classify } from './connection/classify.js'
export { coalesceByKey, dropOldest } from './outbox/overflow.js'
export { defaults } from './client/options.js'
export { backoff } from './core/backoff.js'
export { retryBackoff } from './core/retry-backoff.js'
export { retryBudget } from './core/retry-budget.js'

export type { Client } from './client/client.js'
export type { ConnectOptions, Joinable } from './client/connecting.js'
export type { ClientOptions } from './client/options.js'
export type { DeadlineOptions } from './kernel/config.js'
export type { TokenOptions, TokenProvider } from './kernel/token-provider.js'
export type { JoinOptions, MessageOf, OnOptions, Room, SendArgs, Placed } from './client/room.js'
export type { Fault } from './kernel/fault.js'
export type { Outgoing, SendOptions, Undelivered } from './client/outgoing.js'
export type { Classify, Quality, Quiet, ConnectionState, Verdict } from './connection/model.js'
export type { AnyContract, Args, Contract, EventOf, Events, OpenContract, Received, Sent } from './contract/contract.js'
export type { InputOf, IoTs, OutputOf, Unchecked, Validator } from './contract/validator.js'
export type { Backoff } from './core/backoff.js'
export type {
  AuthenticationError,
  ConfigError,
  ConnectionError,
  DecodeError,
  CallError,
  DeclaredError,
  DeliveryError,
  Kind,
  RoomError,
  StreamError,
  WebSocketError,
} from './core/error.js'
export type { Logger } from './core/logger.js'
export type { ClientLogger } from './kernel/log.js'
export type { Hint, Socket, Transport, TransportEvent, TransportRequest } from './core/ports.js'
export type { Gap, GapCause, Position } from './core/position.js'
export type { ClientCodec } from './protocol/codec.js'
export type { Result, ResultStream } from './core/result.js'
export type { AbortSignalLike, WaitOptions } from './core/wait.js'
export type { Retries, RetryLimit, RetryNeeds } from './core/retries.js'
export type { RetryBackoff } from './core/retry-backoff.js'
export type { RetryBudget } from './core/retry-budget.js'
export type { Keyed, OutboxConfig, Overflow, OverflowStrategy } from './outbox/model.js'
export type { Receipt } from './outbox/message.js'
export type { Durability, From, Info, Limits, Permission, UserData } from './protocol/frame.js'
export type { Membership, RoomInfo } from './rooms/membership.js'
export type { Message } from './rooms/message.js'
export type { Admission, Policy, Start } from './client/strategy.js'
export type { Featured } from './client/with.js'
export type { Uncommitted } from './kernel/extension.js'
export type { CloseOptions, CloseReport } from './client/draining.js'
export type { PersistenceOptions } from './session/persistence.js'
export type { Session, SessionState } from './kernel/session.js'
export type { ClientStore } from './session/client-store.js'
export type { TokenContext, TokenSource, TokenValue } from './token/source.js'
