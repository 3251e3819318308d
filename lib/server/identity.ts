import type { Identity } from './options.js'

/** A change of the roles and the data of a user. */
export interface UserChange {
  /** Default: the present roles. */
  readonly roles?: readonly string[] | undefined
  /** Default: the present data. An empty object removes it. */
  readonly data?: Readonly<Record<string, unknown>> | undefined
}

/** Applies a change to an identity. */
export const changed = (identity: Identity, { roles, data }: UserChange): Identity => ({
  ...identity,
  ...(roles && { roles }),
  ...(data && { data }),
})

/** Returns the end of the token of an identity that was answered at a time. */
export const expiryOf = ({ expiresInMs }: Identity, at: number): number | undefined =>
  expiresInMs === undefined ? undefined : at + expiresInMs

/** True for equal roles and data. */
export const isSameUser = (one: Identity, other: Identity): boolean => textOf(one) === textOf(other)

const textOf = ({ roles = [], data }: Identity): string => JSON.stringify([roles, data])
