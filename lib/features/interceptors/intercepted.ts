import type { Either } from 'fp-ts/lib/Either.js'
import * as E from '#fp/Either'
import type { Calls, CallType } from '../../contract/call-type.js'
import type { AnyContract } from '../../contract/contract.js'
import type { EventCodec } from '../../contract/event-codec.js'
import { failure, type Mismatch } from '../../contract/mismatch.js'
import { excerpt } from '../../core/error.js'
import { frozen } from '../../core/frozen.js'
import { guard } from '../../core/guard.js'

/** The place of a value. */
export interface Place {
  /** The room of the handle; `undefined` for a handle on no single room. */
  readonly room: string | undefined
  /** The name of the event, or of the call. */
  readonly name: string
}

/** A function of the user, of any type. */
type Hook = (value: unknown, place: Place) => unknown
/** Functions by name, or one for all names. */
export type Hooks = Hook | Readonly<Record<string, Hook | undefined>>

/** The hooks of an interceptor, of any type. */
export interface AnyInterceptor {
  readonly inbound?: Hooks | undefined
  readonly outbound?: Hooks | undefined
  readonly inputs?: Hooks | undefined
  readonly outputs?: Hooks | undefined
}

/** Takes the fault of a hook that broke its rules. */
export type Blame = (said: string) => void

type Act = (value: unknown) => Either<Mismatch, unknown>

const consent = 'the consent of an interceptor'

const hookOf = (hooks: Hooks | undefined, name: string): Hook | undefined => {
  if (typeof hooks === 'function') return hooks
  return hooks && Object.hasOwn(hooks, name) ? hooks[name] : undefined
}

/** Reads the answer of a hook; `undefined` for one that is no `Either`. */
const readAnswer = (given: unknown): Either<Mismatch, unknown> | undefined => {
  const { _tag, left, right } = Object(given) as {
    readonly _tag?: unknown
    readonly left?: unknown
    readonly right?: unknown
  }
  if (_tag === 'Right') return E.right(right)
  return _tag === 'Left' ? E.left(failure(consent, typeof left === 'string' ? left : excerpt(left))) : undefined
}

/** Makes a step of a codec of a hook: a throw and an answer that is no `Either` are a `Left` and a fault. */
const acting = (hook: Hook, place: Place, blame: Blame): Act => {
  const failed = (said: string): Either<Mismatch, never> => {
    blame(`interceptor of ${excerpt(place.name)}: ${said}`)
    return E.left(failure(consent, said))
  }
  return (value) => {
    const answer = guard(() => {
      const given = hook(frozen(value), place)
      return readAnswer(given) ?? failed(`it gave ${excerpt(given)}, not an Either`)
    })
    return E.isLeft(answer) ? failed(answer.left) : answer.right
  }
}

const chained =
  (first: Act, second: Act | undefined): Act =>
  (value) => {
    const done = first(value)
    return second && E.isRight(done) ? second(done.right) : done
  }

/**
 * Returns a contract whose codecs call the hooks: those of what arrives after the decoding, those of what is sent before
 * the encoding. Codecs without a hook stay as they are.
 */
export const intercepted = <C extends AnyContract>(
  contract: C,
  { inbound, outbound, inputs, outputs }: AnyInterceptor,
  room: string | undefined,
  blame: Blame,
): C => {
  const step = (hooks: Hooks | undefined, name: string): Act | undefined => {
    const hook = hookOf(hooks, name)
    return hook && acting(hook, { room, name }, blame)
  }
  const around = ({ decode, encode }: EventCodec, read: Act | undefined, write: Act | undefined): EventCodec => ({
    decode: read ? chained(decode, read) : decode,
    encode: write ? chained(write, encode) : encode,
  })
  const codecs = new Map<string, EventCodec>()
  const codecOf = (event: string): EventCodec => {
    const known = codecs.get(event)
    if (known) return known
    const codec = around(contract.codecOf(event), step(inbound, event), step(outbound, event))
    // Names of other events come from the wire.
    if (Object.hasOwn(contract.events, event)) codecs.set(event, codec)
    return codec
  }
  const callOf = (name: string, type: CallType): CallType => ({
    ...type,
    codecs: {
      ...type.codecs,
      input: around(type.codecs.input, undefined, step(inputs, name)),
      output: around(type.codecs.output, step(outputs, name), undefined),
    },
  })
  const calls: Calls = Object.fromEntries(
    Object.entries(contract.calls).map(([name, type]) => [name, callOf(name, type)]),
  )
  return Object.freeze({ ...contract, codecOf, calls })
}
