import * as E from '#fp/Either'
import { excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'
import { isPlain } from '../core/plain.js'
import { type EventCodec, refusing } from './event-codec.js'
import { ioTsDecoder, ioTsEncoder } from './io-ts.js'
import { type Decoder, type Encoder, failure, mismatch } from './mismatch.js'
import { sendable, trusted } from './sendable.js'
import { standardDecoder, standardEncoder } from './standard.js'
import { isIoTs, isStandard, isUnchecked } from './validator.js'

interface Compiled {
  readonly codecOf: (event: string) => EventCodec
  readonly faults: readonly string[]
}

/**
 * Makes the codecs of validators, once each, and lists the faults of the validators, one sentence each. `place` is where
 * they are in the contract.
 */
export const compile = (events: unknown, place = 'events.'): Compiled => {
  const codecs = new Map<string, EventCodec>()
  const faults: string[] = []
  const read = guard(() => {
    if (!isPlain(events)) faults.push(`\`events\` is a plain object of validators, not ${excerpt(events)}`)
    for (const [event, validator] of Object.entries(isPlain(events) ? events : {})) {
      const codec = codecOfValidator(validator)
      codecs.set(event, codec ?? refusing(mismatch([], acceptable, validator)))
      if (!codec) faults.push(`${place}${event.slice(0, 64)}: expected ${acceptable}, not ${excerpt(validator)}`)
      if (event === '') faults.push('events: an event needs a name')
    }
  })
  if (E.isLeft(read)) faults.push(`the contract throws: ${read.left}`)
  const [fault] = codecs.size === 0 ? faults : []
  // Event names come from the wire: refusing codecs are not cached.
  const unnamed = (event: string): EventCodec =>
    refusing(fault === undefined ? mismatch([], 'an event of the contract', event) : failure('a sound contract', fault))
  return { codecOf: (event) => codecs.get(event) ?? unnamed(event), faults: Object.freeze(faults) }
}

const codecOfValidator = (validator: unknown): EventCodec | undefined => {
  if (isStandard(validator)) return checked(standardDecoder(validator), standardEncoder(validator))
  if (isUnchecked(validator)) return trusted
  if (isIoTs(validator)) return checked(ioTsDecoder(validator), ioTsEncoder(validator))
  return undefined
}

const checked = (decode: Decoder, encode: Encoder): EventCodec => ({ decode, encode: sendable(encode, decode) })

const acceptable = 'an io-ts codec or a Standard Schema validator'
