import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import { excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'
import { isPlain } from '../core/plain.js'
import type { Decoder, Encoder, Mismatch } from './mismatch.js'

/** The decoder and the encoder of the payloads of one event. */
export interface EventCodec {
  readonly decode: Decoder
  /** Encodes to plain JSON data. */
  readonly encode: Encoder
}

/** The parts of a contract that rooms use: a contract brings the code of its codecs. */
interface Compiled {
  readonly events: object
  readonly codecOf: (event: string) => EventCodec
}

/** The decoder of all `unchecked` payloads: the hot path compares with it and skips the call. */
export const identityDecoder: Decoder = E.right

/** Makes a codec that answers `Left`. */
export const refusing = (because: Mismatch): EventCodec => {
  const refuse = (): Either<Mismatch, never> => E.left(because)
  return { decode: refuse, encode: refuse }
}

/** True for a value that `contract` made of an object of events, in this copy of the library or in another. */
export const isContract = (value: unknown): value is Compiled =>
  E.getOrElse(() => false)(
    guard(() => {
      const { events, codecOf } = Object(value) as Partial<Compiled>
      return isPlain(events) && typeof codecOf === 'function'
    }),
  )

/** Returns an event's decoder. `Left` for an event that the contract does not name. */
export const decoderOf = (contract: unknown, event: string): Decoder => codecOf(contract, event).decode

/** Returns an event's encoder to plain JSON data. `Left` for an event that the contract does not name. */
export const encoderOf = (contract: unknown, event: string): Encoder => codecOf(contract, event).encode

/** True for an event that the contract names; an open contract names none. */
export const hasEvent = (contract: unknown, event: string): boolean =>
  isContract(contract) && Object.hasOwn(contract.events, event)

const codecOf = (contract: unknown, event: string): EventCodec =>
  isContract(contract)
    ? contract.codecOf(event)
    : refusing({ path: '', expected: 'a sound contract', actual: excerpt(contract) })
