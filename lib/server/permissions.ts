import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Permission } from '../protocol/frame.js'
import { DIRECTORY, isReserved } from '../protocol/reserved.js'
import type { Asker, Cancel } from './context.js'
import type { Identity, Settings } from './options.js'

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

/** The permissions of everybody in ordinary rooms without `authorize`. */
const everything: readonly Permission[] = ['read', 'publish', 'history']

/** The permissions in the room of the directory: the option `list` says which rooms a session sees there. */
const toRead: readonly Permission[] = ['read']

/** The permissions in the rooms of events without `authorize`: the server alone publishes there. */
const toReadAll: readonly Permission[] = ['read', 'history']

/** Every permission that an application may give. */
const words: readonly Permission[] = [...everything, 'moderate', 'admit']

/** Number of rooms above the maximum of a session, whose permissions the server remembers for publishing. */
const spareRooms = 1_000

/** Creates the permissions of a session. */
export const permissionsOf = (asker: Asker, identity: Pick<Identity, 'user' | 'roles'>): Permissions => {
  const { authorize } = asker.context.settings
  return authorize ? new RoomPermissions(asker, authorize, identity) : unrestricted
}

/** Returns the permissions of everybody in a room without `authorize`. */
export const permittedIn = (room: string): readonly Permission[] => {
  if (room === DIRECTORY) return toRead
  return isReserved(room) ? toReadAll : everything
}

/** The permissions without `authorize`. */
const unrestricted: Permissions = {
  known: permittedIn,
  of: (room, then) => {
    then(E.right(permittedIn(room)))
  },
  renew: () => undefined,
  forget: () => undefined,
  close: () => undefined,
}

type Authorize = NonNullable<Settings['authorize']>

/** A class, because each connection has one: its instances share their methods. */
class RoomPermissions implements Permissions {
  readonly #asker: Asker
  readonly #authorize: Authorize
  readonly #user: string
  #roles: readonly string[]
  readonly #known = new Map<string, Right>()
  /** Passwords of joins, for at most `most` rooms. */
  #passwords: Map<string, string> | undefined

  constructor(asker: Asker, authorize: Authorize, { user, roles = [] }: Pick<Identity, 'user' | 'roles'>) {
    this.#asker = asker
    this.#authorize = authorize
    this.#user = user
    this.#roles = roles
  }

  known(room: string): readonly Permission[] | undefined {
    const right = this.#known.get(room)
    return right?._tag === 'Known' ? right.permissions : undefined
  }

  of(room: string, then: Then, password?: string): void {
    if (room === DIRECTORY) {
      then(E.right(toRead))
      return
    }
    if (password !== undefined && this.#passwords?.get(room) !== password) this.#remember(room, password)
    const right = this.#known.get(room)
    if (right?._tag === 'Known') then(E.right(right.permissions))
    else if (right) right.waiting.push(then)
    else {
      this.#makeRoom()
      this.#ask(room, [then])
    }
  }

  renew(roles: readonly string[]): void {
    this.#roles = roles
    for (const [room, right] of [...this.#known]) {
      if (right._tag === 'Known') this.#known.delete(room)
      else {
        right.cancel()
        this.#ask(room, right.waiting)
      }
    }
  }

  forget(room: string): void {
    this.#passwords?.delete(room)
    if (this.#known.get(room)?._tag === 'Known') this.#known.delete(room)
  }

  close(): void {
    for (const right of this.#known.values()) if (right._tag === 'Asking') right.cancel()
    this.#known.clear()
    this.#passwords = undefined
  }

  /** Returns the maximum number of remembered rooms. */
  #most(): number {
    return this.#asker.context.settings.limits.rooms + spareRooms
  }

  #remember(room: string, password: string): void {
    this.#passwords ??= new Map()
    const [oldest] = this.#passwords.keys()
    if (this.#passwords.size >= this.#most() && oldest !== undefined) this.#passwords.delete(oldest)
    this.#passwords.set(room, password)
    if (this.#known.get(room)?._tag === 'Known') this.#known.delete(room)
  }

  #makeRoom(): void {
    if (this.#known.size < this.#most()) return
    for (const [room, right] of this.#known) {
      if (right._tag === 'Known') {
        this.forget(room)
        return
      }
    }
  }

  #ask(room: string, waiting: Then[]): void {
    const { context, payer } = this.#asker
    const user = this.#user
    const access = { user, roles: this.#roles, room }
    const password = this.#passwords?.get(room)
    const cancel = context.ask(
      () => this.#authorize(password === undefined ? access : { ...access, password }),
      (answer) => {
        const permissions = E.isRight(answer) ? permissionsIn(answer.right) : undefined
        if (permissions) this.#known.set(room, { _tag: 'Known', permissions })
        else {
          this.#known.delete(room)
          this.#passwords?.delete(room)
          const message = E.isLeft(answer) ? answer.left : 'it answered something else than permissions'
          context.fault({ where: 'hook', message: `authorize: ${message}`, user, room }, () => [password])
        }
        for (const then of waiting) then(permissions ? E.right(permissions) : E.left('authorize failed'))
      },
      payer,
    )
    this.#known.set(room, { _tag: 'Asking', cancel, waiting })
  }
}

/** Returns the valid permissions of an application's answer, or `undefined` if it is no list. */
const permissionsIn = (answer: unknown): readonly Permission[] | undefined =>
  Array.isArray(answer) ? words.filter((permission) => answer.includes(permission)) : undefined
