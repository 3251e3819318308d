import * as E from '#fp/Either'
import { guard } from '../core/guard.js'
import { plain } from '../core/plain.js'
import { isFields } from '../protocol/field.js'
import { bounds, type UserData } from '../protocol/frame.js'
import { isLonger } from '../protocol/utf8.js'

/** Copies the data of a user; returns `undefined` for other values than a plain object, and for too large ones. */
export const userDataIn = (value: unknown): UserData | undefined => {
  if (!isFields(value)) return undefined
  const copied = guard(() => plain(value, false))
  if (E.isLeft(copied) || E.isLeft(copied.right)) return undefined
  const data = copied.right.right.value
  return isFields(data) && !isLonger(JSON.stringify(data), bounds.userDataBytes) ? data : undefined
}

/** Copies the roles of a user; returns `undefined` for other values than a list of texts. */
export const rolesIn = (value: unknown): readonly string[] | undefined => {
  if (!Array.isArray(value)) return undefined
  const roles = [...(value as readonly unknown[])]
  return roles.every((role): role is string => typeof role === 'string') ? roles : undefined
}
