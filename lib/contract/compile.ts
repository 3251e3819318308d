import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import { excerpt } from '../core/error.js'
import { guard } from '../core/guard.js'
import type { AnyContract } from './contract.js'
import { ioTsDecoder, ioTsEncoder } from './io-ts.js'
import { type Decoder, type Encoder, failure, mismatch, type Mismatch } from './mismatch.js'
import { sendable } from './sendable.js'
import { standardDecoder, standardEncoder } from './standard.js'
import { isIoTs, isStandard, isUnchecked } from './validator.js'

/** The decoder of all `unchecked` payloads: the hot path compares with it and skips the call. */
export const identityDecoder: Decoder = E.right

interface Port {
  readonly decode: Decoder
  readonly encode: Encoder
}

interface Compiled {
  readonly open: boolean
  /** Made by `contract`, from an object of events. */
  readonly isMade: boolean
  readonly ports: ReadonlyMap<string, Port>
  readonly faults: readonly string[]
}

const compiled = /*#__PURE__*/ new WeakMap<object, Compiled>()

/** Returns an event's decoder, cached per contract and event. `Left` for an event that the contract does not name. */
export const decoderOf = (contract: AnyContract, event: string): Decoder => portOf(contract, event).decode

/** Returns an event's encoder to plain JSON data. `Left` for an event that the contract does not name. */
export const encoderOf = (contract: AnyContract, event: string): Encoder => portOf(contract, event).encode

/** True for an event that the contract names; an open contract names none. */
export const hasEvent = (contract: AnyContract, event: string): boolean => compiledOf(contract).ports.has(event)

/** True for values that `contract` made. */
export const isContract = (value: unknown): boolean => compiledOf(value).isMade

/** Returns the faults of a contract, one sentence each; empty for a valid one. */
export const faultsOf = (contract: AnyContract): readonly string[] => compiledOf(contract).faults

const portOf = (contract: AnyContract, event: string): Port => {
  const { open, ports, faults } = compiledOf(contract)
  const port = ports.get(event)
  if (port) return port
  if (open) return trusted
  const [fault] = ports.size === 0 ? faults : []
  // Event names come from the wire: refusing ports are not cached.
  return refusing(
    fault === undefined ? mismatch([], 'an event of the contract', event) : failure('a sound contract', fault),
  )
}

const trusted: Port = { decode: identityDecoder, encode: sendable(E.right) }

const refusing = (because: Mismatch): Port => {
  const refuse = (): Either<Mismatch, never> => E.left(because)
  return { decode: refuse, encode: refuse }
}

const compiledOf = (contract: unknown): Compiled => {
  if (typeof contract !== 'object' || contract === null) return compile(contract)
  const known = compiled.get(contract)
  if (known) return known
  const fresh = compile(contract)
  compiled.set(contract, fresh)
  return fresh
}

const compile = (contract: unknown): Compiled => {
  const read = guard(() => compileParts(contract))
  return E.isRight(read)
    ? read.right
    : { open: false, isMade: false, ports: new Map(), faults: [`the contract throws: ${read.left}`] }
}

const compileParts = (contract: unknown): Compiled => {
  const faults: string[] = []
  const ports = new Map<string, Port>()
  const { open, events, member, calls } = record(contract)
  if (!isPlain(contract)) faults.push(`a contract is made by contract({ events }), not ${excerpt(contract)}`)
  else if (!isPlain(events)) faults.push(`\`events\` is an object of validators, not ${excerpt(events)}`)
  for (const [event, validator] of Object.entries(record(events))) {
    const port = portOfValidator(validator)
    ports.set(event, port ?? refusing(mismatch([], acceptable, validator)))
    if (!port) faults.push(`events.${event.slice(0, 64)}: ${complaint(validator)}`)
    if (event === '') faults.push('events: an event needs a name')
  }
  if (member !== undefined && !portOfValidator(member)) faults.push(`member: ${complaint(member)}`)
  if (calls !== undefined && !isPlain(calls)) faults.push(`\`calls\` is an object of calls, not ${excerpt(calls)}`)
  for (const [name, call] of Object.entries(record(calls))) {
    for (const side of ['input', 'output']) {
      const validator = record(call)[side]
      if (!portOfValidator(validator)) faults.push(`calls.${name.slice(0, 64)}.${side}: ${complaint(validator)}`)
    }
  }
  return {
    open: open === true,
    isMade: isPlain(events) && member !== undefined && calls !== undefined,
    ports,
    faults: Object.freeze(faults),
  }
}

const portOfValidator = (validator: unknown): Port | undefined => {
  if (isStandard(validator)) return checked(standardDecoder(validator), standardEncoder(validator))
  if (isUnchecked(validator)) return trusted
  if (isIoTs(validator)) return checked(ioTsDecoder(validator), ioTsEncoder(validator))
  return undefined
}

const checked = (decode: Decoder, encode: Encoder): Port => ({ decode, encode: sendable(encode, decode) })

const acceptable = 'an io-ts codec or a Standard Schema validator'

const complaint = (validator: unknown): string => `expected ${acceptable}, not ${excerpt(validator)}`

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const record = (value: unknown): Readonly<Record<string, unknown>> => (isPlain(value) ? value : {})
