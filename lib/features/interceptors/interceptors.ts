import type { Either } from 'fp-ts/lib/Either.js'
import type { Client } from '../../client/client.js'
import { handle } from '../../client/handle.js'
import { partsOf, port, portOf } from '../../client/port.js'
import type { Room } from '../../client/room.js'
import type { CallInput, CallOutput } from '../../contract/call-type.js'
import type { AnyContract, EventOf, Received, Sent } from '../../contract/contract.js'
import { isContract } from '../../contract/event-codec.js'
import type { Kernel } from '../../kernel/kernel.js'
import { fault } from '../../kernel/fault.js'
import { type AnyInterceptor, type Blame, intercepted, type Place } from './intercepted.js'

/** Returns the value to go on with, or the reason to refuse it. Must answer at once, and must not change the value. */
export type Intercept<T> = (value: T, place: Place) => Either<string, T>

/** Intercepts a value of any name. */
export type InterceptAny = (value: unknown, place: Place) => Either<string, unknown>

/** The functions of an interceptor, each by name or one for all names. All are optional. */
export interface Interceptor<C extends AnyContract> {
  /** Received payloads of events, after the contract has decoded them. */
  readonly inbound?: { readonly [K in EventOf<C>]?: Intercept<Received<C, K>> } | InterceptAny
  /** Payloads to send, before the contract encodes them. */
  readonly outbound?: { readonly [K in EventOf<C>]?: Intercept<Sent<C, K>> } | InterceptAny
  /** Inputs of calls, before the contract encodes them. */
  readonly inputs?: { readonly [K in keyof C['calls'] & string]?: Intercept<CallInput<C['calls'][K]>> } | InterceptAny
  /** Outputs of calls, after the contract has decoded them. */
  readonly outputs?: { readonly [K in keyof C['calls'] & string]?: Intercept<CallOutput<C['calls'][K]>> } | InterceptAny
}

/** The members of a room that its interceptors act on. */
export type Intercepted<C extends AnyContract> = Pick<Room<C>, 'on' | 'messages' | 'send' | 'post'>

/**
 * Makes a feature that installs an interceptor in the handle of a room and in the features that are added after it:
 * `client.room(name, Chat).with(intercept(Chat, { inbound, outbound }), calls)`. Received values go through interceptors
 * in the order of their installation, values to send in the opposite order. A `Left` of an interceptor is a `Left` at the
 * place of the value; so is a throw or another answer, which is also a fault. Nothing else is lost.
 */
export const intercept =
  <C extends AnyContract>(_contract: C, interceptor: Interceptor<C>) =>
  (room: Room<C>): Intercepted<C> => {
    const { parts, name, contract } = portOf(room)
    const own = isContract(contract)
      ? intercepted(contract, hooksOf(interceptor), name, blaming(parts.kernel))
      : contract
    const {
      on,
      messages,
      send,
      post,
      [port]: at,
    } = handle(name, own, parts) as Room<AnyContract> & {
      readonly [port]: () => unknown
    }
    return { on, messages, send, post, [port]: at } as unknown as Intercepted<C>
  }

/**
 * Makes a feature that installs an interceptor in each room with this contract that the client makes, and with `anything`
 * in each room: `client.with(interceptRooms(Chat, { inbound, outbound }))`. It is installed before those of the room.
 */
export const interceptRooms =
  <C extends AnyContract>(contract: C, interceptor: Interceptor<C>) =>
  (client: Pick<Client, 'room'>): Pick<Client, 'room'> => ({
    room: <D extends AnyContract>(name: string, of: D): Room<D> => {
      const room = client.room(name, of)
      const isMeant = isOpen(contract) || (of as AnyContract) === contract
      return isMeant ? room.with(intercept<D>(of, hooksOf(interceptor) as Interceptor<D>)) : room
    },
  })

/** Returns a contract with an interceptor, for handles that are not on one room: `manyRooms`, `events`, `clientCalls`. */
export const interceptedContract = <C extends AnyContract>(
  client: Pick<Client, 'state$'>,
  contract: C,
  interceptor: Interceptor<C>,
): C =>
  isContract(contract)
    ? intercepted(contract, hooksOf(interceptor), undefined, blaming(partsOf(client).kernel))
    : contract

const isOpen = (contract: AnyContract): boolean => isContract(contract) && 'open' in contract

/** The types of the values are those of the contract, whose codecs check them. */
const hooksOf = <C extends AnyContract>(interceptor: Interceptor<C>): AnyInterceptor =>
  Object(interceptor) as AnyInterceptor

const blaming =
  ({ diagnostics }: Kernel): Blame =>
  (said) => {
    diagnostics.report(fault('FunctionThrew', said))
  }
