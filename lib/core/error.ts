import { isBytes } from './bytes.js'
import type { Gap, Position } from './position.js'
import type { About } from './texts/text.js'

/** The way to handle a failure: retry after a delay, ask for another token, give up, or decide by hand. */
export type Kind = 'retry' | 'reauth' | 'terminal' | 'unknown'

interface Failure<Tag extends string, Area extends string> {
  readonly _tag: Tag
  /** The same as `_tag`, so that an error is assignable to `Error`, for frameworks that show its name and message. */
  readonly name: Tag
  /** Stable, for programs: `'room/forbidden'`. */
  readonly code: `${Area}/${string}`
  /** Description for people. Holds no secret and at most 64 characters of any payload. Short in builds for production. */
  readonly message: string
  /** Advice to the caller. Empty in builds for production. */
  readonly remedy: string
  readonly kind: Kind
  /** The values that the message speaks of: of them `explain` of `rx-rooms/explain` makes message and remedy. */
  readonly about?: About
  /** The server's retry-after: wait this many milliseconds before the next try. */
  readonly retryAfterMs?: number
  /** The server's spread: delay the next try by a random part of this many milliseconds more. */
  readonly spreadMs?: number
}

/** The client could not connect or lost its connection, or one side broke the protocol. */
export interface ConnectionError extends Failure<'ConnectionError', 'connection' | 'protocol' | 'server' | 'session'> {
  /** The WebSocket close code, if the socket closed with one. */
  readonly closeCode?: number
}

/** The client has no token that the server accepts. */
export type AuthenticationError = Failure<'AuthenticationError', 'auth'>

/** The server refused a room or removed the client, or messages are missing (`code: 'room/gap'`, with `gap`). */
export interface RoomError extends Failure<'RoomError', 'room'> {
  readonly room: string
  readonly gap?: Gap
  /** The values of the server's refusal, such as the end of a ban. */
  readonly data?: Readonly<Record<string, unknown>>
}

/** A message was not delivered, or its delivery is uncertain. The code is of the area `room` where the room refuses it. */
export interface DeliveryError extends Failure<'DeliveryError', 'delivery' | 'room'> {
  readonly room: string
  readonly event: string
  readonly id: string
  /** `no`: the server has not accepted it and never will. `unknown`: it may have. */
  readonly executed: 'no' | 'unknown'
  /** The values of the server's refusal, such as the end of a mute. */
  readonly data?: Readonly<Record<string, unknown>>
}

/** A call has no answer, or the other end refused or failed it. */
export interface CallError extends Failure<'CallError', 'call'> {
  /** The name of the call in the contract. */
  readonly call: string
  readonly id: string
  /** Absent: the call is for no room. */
  readonly room?: string
  /** `no`: the call has not run and never will. `yes`: it has. `unknown`: it may have, wholly or in part. */
  readonly executed: 'no' | 'yes' | 'unknown'
}

/** The other end answered a call with an error that the contract declares. */
export interface DeclaredError<K extends string = string, D = unknown> extends Failure<'DeclaredError', 'call'> {
  /** The name of the error in the contract. */
  readonly error: K
  readonly value: D
  /** The name of the call in the contract. */
  readonly call: string
  readonly id: string
}

/** A received or outgoing payload does not match the contract. */
export interface DecodeError extends Failure<'DecodeError', 'decode'> {
  readonly room?: string
  readonly event?: string
  readonly position?: Position
  /** The place in the value: `'author.name'`. */
  readonly path: string
  readonly expected: string
  /** The invalid value, cut to 64 characters. */
  readonly actual: string
}

/** An option is invalid; the client is closed, and the error describes the correction. */
export interface ConfigError extends Failure<'ConfigError', 'config'> {
  readonly option: string
}

/** A helper of `rx-rooms/operators` has no value: its stream was empty or errored, or its reader was too slow or gave up. */
export interface StreamError extends Failure<'StreamError', 'stream'> {
  /** The number of dropped values (`code: 'stream/overflow'`). */
  readonly dropped?: number
}

/** Every failure as a value. Plain, frozen, bounded, and assignable to `Error`. */
export type WebSocketError =
  | ConnectionError
  | AuthenticationError
  | RoomError
  | DeliveryError
  | CallError
  | DeclaredError
  | DecodeError
  | ConfigError
  | StreamError

type Details<E extends WebSocketError> = Omit<E, '_tag' | 'name'>

const make =
  <E extends WebSocketError>(_tag: E['_tag']) =>
  (details: Details<E>): E =>
    Object.freeze({ _tag, name: _tag, ...details }) as unknown as E

export const connectionError = /*#__PURE__*/ make<ConnectionError>('ConnectionError')
export const authenticationError = /*#__PURE__*/ make<AuthenticationError>('AuthenticationError')
export const roomError = /*#__PURE__*/ make<RoomError>('RoomError')
export const deliveryError = /*#__PURE__*/ make<DeliveryError>('DeliveryError')
export const callError = /*#__PURE__*/ make<CallError>('CallError')
export const declaredError = /*#__PURE__*/ make<DeclaredError>('DeclaredError')
export const decodeError = /*#__PURE__*/ make<DecodeError>('DecodeError')
export const streamError = /*#__PURE__*/ make<StreamError>('StreamError')
export const configError = /*#__PURE__*/ make<ConfigError>('ConfigError')

/** Formats a value as at most 64 characters of text, for error messages. */
export const excerpt = (value: unknown): string => {
  const text = describe(value)
  return text.length > 64 ? `${text.slice(0, 63)}…` : text
}

const describe = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.slice(0, 64))
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `an array of ${value.length}` : isBytes(value) ? 'bytes' : 'an object'
    case 'function':
      return 'a function'
    default:
      return String(value)
  }
}
