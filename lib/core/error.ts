import { isBytes } from './bytes.js'
import type { Gap, Position } from './position.js'

/** What to do about a failure: wait and try again, ask for another token, give up, or decide by hand. */
export type Kind = 'retry' | 'reauth' | 'terminal' | 'unknown'

interface Failure<Tag extends string, Area extends string> {
  readonly _tag: Tag
  /** The same as `_tag`: so an error is assignable to `Error`, for frameworks that show one by its name and message. */
  readonly name: Tag
  /** Stable, for programs: `'room/forbidden'`. */
  readonly code: `${Area}/${string}`
  /** What happened, for people. Holds no secret and at most 64 characters of anybody's payload. */
  readonly message: string
  /** What to do about it. */
  readonly remedy: string
  readonly kind: Kind
  /** The server's wish: wait this many milliseconds before trying again. */
  readonly retryAfterMs?: number
  /** The server's wish: spread the next try at random over this many milliseconds more. */
  readonly spreadMs?: number
}

/** The link could not be made or was lost, or one side broke the protocol. */
export interface ConnectionError extends Failure<'ConnectionError', 'connection' | 'protocol' | 'server' | 'session'> {
  /** The WebSocket close code, where the socket was closed with one. */
  readonly closeCode?: number
}

/** There is no token that the server accepts. */
export type AuthenticationError = Failure<'AuthenticationError', 'auth'>

/** A room was refused or left, or some of its messages are missing (`code: 'room/gap'`, with `gap`). */
export interface RoomError extends Failure<'RoomError', 'room'> {
  readonly room: string
  readonly gap?: Gap
}

/** A message was not delivered, or nobody can tell. */
export interface DeliveryError extends Failure<'DeliveryError', 'delivery'> {
  readonly room: string
  readonly event: string
  readonly id: string
  /** `no`: the server has not accepted it and never will. `unknown`: it may have. */
  readonly executed: 'no' | 'unknown'
}

/** What arrived, or was to be sent, is not what the contract says. */
export interface DecodeError extends Failure<'DecodeError', 'decode'> {
  readonly room?: string
  readonly event?: string
  readonly position?: Position
  /** Where in the value: `'author.name'`. */
  readonly path: string
  readonly expected: string
  /** The offending value, cut to 64 characters. */
  readonly actual: string
}

/** A payload could not be sealed or opened. */
export type CryptoError = Failure<'CryptoError', 'crypto'>

/** An option is nonsense; the client is closed and says what to write instead. */
export interface ConfigError extends Failure<'ConfigError', 'config'> {
  readonly option: string
}

/** A helper of `rx-rooms/operators` has no value: its stream was empty or errored, or its reader was too slow or gave up. */
export interface StreamError extends Failure<'StreamError', 'stream'> {
  /** How many values were dropped (`code: 'stream/overflow'`). */
  readonly dropped?: number
}

/** Everything that can go wrong, as a value. Plain, frozen, bounded, and assignable to `Error`. */
export type WebSocketError =
  | ConnectionError
  | AuthenticationError
  | RoomError
  | DeliveryError
  | DecodeError
  | CryptoError
  | ConfigError
  | StreamError

type Details<E extends WebSocketError> = Omit<E, '_tag' | 'name'>
/** The remedy where the client asks for another token. */
export const asksAgain = 'Another token is asked for.'

const make =
  <E extends WebSocketError>(_tag: E['_tag']) =>
  (details: Details<E>): E =>
    Object.freeze({ _tag, name: _tag, ...details }) as unknown as E

export const connectionError = /*#__PURE__*/ make<ConnectionError>('ConnectionError')
export const authenticationError = /*#__PURE__*/ make<AuthenticationError>('AuthenticationError')
export const roomError = /*#__PURE__*/ make<RoomError>('RoomError')
export const deliveryError = /*#__PURE__*/ make<DeliveryError>('DeliveryError')
export const decodeError = /*#__PURE__*/ make<DecodeError>('DecodeError')
export const streamError = /*#__PURE__*/ make<StreamError>('StreamError')
export const configError = /*#__PURE__*/ make<ConfigError>('ConfigError')

/** A value as at most 64 characters of text, for error messages. */
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
