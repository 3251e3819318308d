import type { Client } from '../client/client.js'
import type { ClientOptions } from '../client/options.js'
import { type Check, type Checks, invalid, optionFault, required, whole } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import { guard } from '../core/guard.js'
import * as E from '#fp/Either'

/** The most members of a pool. */
const mostMembers = 256

/** The size of a pool, and how its members are made. */
export interface PoolSize {
  /** The number of members, from 1 to 256. */
  readonly size: number
  /** Makes each member of its options. Default: `createClient`. For tests: the `client` of the test kit. */
  readonly create?: ((options: ClientOptions) => Client) | undefined
}

/** The options of `createPool`: the size, and the options of all members, or a function that gives those of each, from 0. */
export type PoolOptions = PoolSize & (ClientOptions | { readonly member: (index: number) => ClientOptions })

const size: Check = /*#__PURE__*/ required(/*#__PURE__*/ whole(1, mostMembers))
const checks: Checks<'size'> = { size }

/** Returns the fault of a size. */
export const sizeFault = (given: unknown): ConfigError | undefined => optionFault({ size: given }, checks)

/** Returns the options of a member. A function that throws is a fault of the option `member`. */
export const memberOptions = (
  { size: _size, create: _create, ...options }: PoolOptions,
  index: number,
): E.Either<ConfigError, ClientOptions> => {
  if (!('member' in options)) return E.right(options)
  const made = guard(() => options.member(index))
  return E.isRight(made) ? made : E.left(invalid('member', 'throws', { said: made.left }))
}
