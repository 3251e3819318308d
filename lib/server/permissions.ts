import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Permission } from '../protocol/frame.js'
import type { Cancel, Context } from './context.js'

/** The permissions of one session in each room, as the application answered. */
export interface Permissions {
  /** Returns the known permissions. */
  readonly known: (room: string) => readonly Permission[] | undefined
  /** Calls `then` at once for known permissions, otherwise after the answer. `Left` where the answer fails. */
  readonly of: (
    room: string,
    then: (permissions: Either<string, readonly Permission[]>) => void,
    password?: string,
  ) => void
  /** Forgets all permissions, because the roles changed. */
  readonly renew: (roles: readonly string[]) => void
  /** Forgets the permissions and the password of one room. */
  readonly forget: (room: string) => void
  readonly close: () => void
}

type Then = (permissions: Either<string, readonly Permission[]>) => void

type Right =
  | { readonly _tag: 'Known'; readonly permissions: readonly Permission[] }
  | { readonly _tag: 'Asking'; readonly cancel: Cancel; readonly waiting: Then[] }

/** Returns true for the server's own room names: clients may neither join those rooms nor publish in them. */
export const isReserved = (room: string): boolean => room.startsWith('@')

export const everything: readonly Permission[] = ['read', 'publish', 'history']

/** Creates the rights of a session. `most` is the maximum number of remembered rooms. */
export const permissionsOf = (
  context: Context,
  user: string,
  initial: readonly string[],
  most: number,
): Permissions => {
  const { authorize } = context.settings
  const known = new Map<string, Right>()
  /** Passwords of joins, for at most `most` rooms. */
  const passwords = new Map<string, string>()
  let roles = initial

  const ask = (room: string, waiting: Then[]): void => {
    if (!authorize) return
    const password = passwords.get(room)
    const cancel = context.ask(
      () => authorize(password === undefined ? { user, roles, room } : { user, roles, room, password }),
      (answer) => {
        const permissions = E.isRight(answer) ? permissionsIn(answer.right) : undefined
        if (permissions) known.set(room, { _tag: 'Known', permissions })
        else {
          known.delete(room)
          passwords.delete(room)
          const message = E.isLeft(answer) ? answer.left : 'it answered something else than permissions'
          context.fault({ where: 'hook', message: `authorize: ${message}`, user, room }, () => [password])
        }
        for (const then of waiting) then(permissions ? E.right(permissions) : E.left('authorize failed'))
      },
    )
    known.set(room, { _tag: 'Asking', cancel, waiting })
  }
  const makeRoom = (): void => {
    if (known.size < most) return
    for (const [room, right] of known) {
      if (right._tag === 'Known') {
        known.delete(room)
        passwords.delete(room)
        return
      }
    }
  }

  return {
    known: (room) => {
      if (!authorize) return everything
      const right = known.get(room)
      return right?._tag === 'Known' ? right.permissions : undefined
    },
    of: (room, then, password) => {
      if (!authorize) {
        then(E.right(everything))
        return
      }
      if (password !== undefined && passwords.get(room) !== password) {
        const [oldest] = passwords.keys()
        if (passwords.size >= most && oldest !== undefined) passwords.delete(oldest)
        passwords.set(room, password)
        if (known.get(room)?._tag === 'Known') known.delete(room)
      }
      const right = known.get(room)
      if (right?._tag === 'Known') then(E.right(right.permissions))
      else if (right) right.waiting.push(then)
      else {
        makeRoom()
        ask(room, [then])
      }
    },
    renew: (next) => {
      roles = next
      for (const [room, right] of [...known]) {
        if (right._tag === 'Known') known.delete(room)
        else {
          right.cancel()
          ask(room, right.waiting)
        }
      }
    },
    forget: (room) => {
      passwords.delete(room)
      if (known.get(room)?._tag === 'Known') known.delete(room)
    },
    close: () => {
      for (const right of known.values()) if (right._tag === 'Asking') right.cancel()
      known.clear()
      passwords.clear()
    },
  }
}

/** Returns the valid permissions of an application's answer, or `undefined` if it is no list. */
const permissionsIn = (answer: unknown): readonly Permission[] | undefined =>
  Array.isArray(answer) ? everything.filter((permission) => answer.includes(permission)) : undefined
