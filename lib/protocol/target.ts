import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { invalid } from '../core/check.js'
import { type ConfigError, excerpt } from '../core/error.js'
import { isObject } from '../core/shape.js'
import * as bounds from './bounds.js'
import { isName } from './field.js'
import { ALL, roomOfUser } from './reserved.js'

/** The receivers of a message: the clients of all users, those of one user, or those in a room. */
export type Target = 'all' | { readonly user: string } | { readonly room: string }

const expected = "'all', { user } or { room }: a user's name has 1 to 250 bytes, a room's 1 to 256"

const nameIn = (target: unknown): unknown => {
  if (target === 'all') return ALL
  if (!isObject(target) || Object.keys(target).length !== 1) return undefined
  const { user, room } = target as Readonly<Record<string, unknown>>
  return typeof user === 'string' && user !== '' ? roomOfUser(user) : room
}

/** Returns the room that takes the messages to these receivers. */
export const roomOfTarget = (target: unknown): Either<ConfigError, string> => {
  const name = nameIn(target)
  return isName(name, bounds.roomBytes)
    ? E.right(name)
    : E.left(invalid('to', 'value', { actual: excerpt(target), expected }))
}
