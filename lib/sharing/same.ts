import type { ClientOptions } from '../client/options.js'
import { invalid } from '../core/check.js'
import type { ConfigError } from '../core/error.js'
import type { TokenProvider } from '../kernel/token-provider.js'
import { isPlain } from '../core/plain.js'

type Fields = Readonly<Record<string, unknown>>

/** True for the same value, and for plain objects with the same values. */
const isSame = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || (isPlain(a) && isPlain(b) && namesOf(a, b).every((name) => isSame(a[name], b[name])))

const namesOf = (a: Fields, b: Fields): readonly string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])]

/** Each call of `tokens` makes another provider: of the same source it is the same. */
const isSameToken = (a: TokenProvider | undefined, b: TokenProvider | undefined): boolean =>
  a?.source === b?.source && isSame(a?.options, b?.options)

/** Returns the fault of options that differ from those of the shared client, if they do. */
export const difference = (shared: ClientOptions, given: ClientOptions): ConfigError | undefined => {
  const [a, b]: readonly [Fields, Fields] = [{ ...shared }, { ...given }]
  const option = namesOf(a, b).find((name) =>
    name === 'token' ? !isSameToken(shared.token, given.token) : !isSame(a[name], b[name]),
  )
  return option === undefined ? undefined : invalid(option, 'shared')
}
