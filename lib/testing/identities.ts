import type { ObservableInput } from 'rxjs'
import type { UserData } from '../protocol/frame.js'
import type { UserChange } from '../server/identity.js'
import type { Credentials, Identity } from '../server/options.js'

/** A user that a fake server knows. */
export interface FakeUser {
  /** A token of this user, in addition to those that the server makes. Default: none. */
  readonly token?: string | undefined
  /** Roles of the user. Default: none. */
  readonly roles?: readonly string[] | undefined
  /** Data of the user, which its clients see in `session$`. Default: none. */
  readonly data?: UserData | undefined
  /** Lifetime of each token after its receipt, in ms. Default: the lifetime of the connection. */
  readonly expiresInMs?: number | undefined
}

/** Users by name, or their names alone. */
export type FakeUsers = readonly string[] | Readonly<Record<string, FakeUser>>

/** Identifies a member of a test to the server, in place of a token. */
export interface Pass {
  readonly member: string
}

/** The users of a fake server, and the validity of their tokens. */
export interface Identities {
  readonly authenticate: (credentials: Credentials) => ObservableInput<Identity | null>
  /** Makes a new token of a user at each call. Throws if `users` lacks the user and the test has no `authenticate`. */
  readonly minter: (user: string) => () => string
  /** Invalidates the tokens that the user has shown so far. */
  readonly spoil: (user: string) => void
  /** Changes the roles and the data with which the user authenticates from now on. Throws as `minter` does. */
  readonly revise: (user: string, change: UserChange) => void
}

/**
 * Authenticates the clients of a fake server: checks the tokens that it has made and those of its users first, then calls
 * the test's own function. With neither users nor function every client is `anonymous`, as with any room server.
 */
export const identities = (
  users: FakeUsers | undefined,
  own: ((credentials: Credentials) => ObservableInput<Identity | null>) | undefined,
): Identities => {
  const known = new Map<string, FakeUser>(entriesOf(users))
  const owners = new Map<string, string>()
  const shown = new Map<string, Set<string>>()
  const spoilt = new Set<string>()
  let minted = 0
  for (const [name, { token }] of known) if (token !== undefined) owners.set(token, name)

  const identity = (user: string): Identity => {
    const { token, ...fields } = known.get(user) ?? {}
    return { user, ...fields }
  }
  const remember = (user: string, token: string | undefined): void => {
    if (token !== undefined) shown.set(user, (shown.get(user) ?? new Set()).add(token))
  }
  const admit = (answer: Identity | null, token: string | undefined): Identity | null => {
    if (answer) remember(answer.user, token)
    return answer
  }

  const demand = (user: string): void => {
    if (users && !own && !known.has(user))
      throw new Error(`there is no user '${user}': this server knows ${[...known.keys()].join(', ') || 'nobody'}`)
  }

  return {
    authenticate: (credentials) => {
      const { token, request } = credentials
      if (isPass(request)) return [identity(request.member)]
      if (token !== undefined && spoilt.has(token)) return [null]
      const owner = token === undefined ? undefined : owners.get(token)
      if (owner !== undefined) return [admit(identity(owner), token)]
      if (own) return own(credentials)
      return [users ? null : admit({ user: 'anonymous' }, token)]
    },
    minter: (user) => {
      demand(user)
      return () => {
        const token = `token ${++minted} of ${user}`
        owners.set(token, user)
        return token
      }
    },
    spoil: (user) => {
      for (const token of shown.get(user) ?? []) spoilt.add(token)
      shown.delete(user)
    },
    revise: (user, { roles, data }) => {
      demand(user)
      known.set(user, { ...known.get(user), ...(roles && { roles }), ...(data && { data }) })
    },
  }
}

const entriesOf = (users: FakeUsers = []): readonly (readonly [string, FakeUser])[] =>
  isNames(users) ? users.map((name) => [name, {}] as const) : Object.entries(users)

const isNames = (users: FakeUsers): users is readonly string[] => Array.isArray(users)

const isPass = (request: unknown): request is Pass =>
  typeof request === 'object' && request !== null && 'member' in request && typeof request.member === 'string'
