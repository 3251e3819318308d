import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Refusal } from '../../protocol/frame.js'
import type { Context } from '../context.js'
import type { Payer } from '../owner.js'
import { refusal } from '../refusal.js'
import type { Hashed } from './record.js'
import { isEqual } from './room-crypto.js'

/** A password that a join shows. */
export interface PasswordProof {
  readonly room: string
  readonly password: string
  /** The hash that the room keeps. */
  readonly hash: string
  readonly payer: Payer
}

/** The passwords of rooms. */
export interface Passwords {
  /** Replaces the password of properties by its hash. */
  readonly hashed: <P extends { readonly password?: string | null }>(
    room: string,
    given: P,
    then: (hashed: Either<Refusal, Hashed<P>>) => void,
    payer?: Payer,
  ) => void
  /** Calls `then` with the refusal of a wrong password, or `undefined`. */
  readonly check: (proof: PasswordProof, then: (because: Refusal | undefined) => void) => void
}

/** The right passwords of so many rooms are remembered: another join with the same one costs no time. */
const mostRemembered = 10_000

export const passwords = (context: Context): Passwords => {
  const { crypto } = context.settings
  /** The right passwords by the hash that they belong to. */
  const remembered = new Map<string, string>()

  const fault = (room: string, message: string, password: string): void => {
    context.fault({ where: 'hook', message: `crypto: ${message}`, room }, () => [password])
  }
  const remember = (hash: string, password: string): void => {
    const [oldest] = remembered.keys()
    if (remembered.size >= mostRemembered && oldest !== undefined) remembered.delete(oldest)
    remembered.set(hash, password)
  }
  return {
    hashed: <P extends { readonly password?: string | null }>(
      room: string,
      { password, ...given }: P,
      then: (hashed: Either<Refusal, Hashed<P>>) => void,
      payer?: Payer,
    ): void => {
      const withHash = (more: { readonly passwordHash?: string | null }): Hashed<P> =>
        ({ ...given, ...more }) as unknown as Hashed<P>
      if (typeof password !== 'string') {
        then(E.right(withHash(password === null ? { passwordHash: null } : {})))
        return
      }
      context.ask(
        () => crypto.hash(password),
        (hash) => {
          if (E.isLeft(hash)) fault(room, hash.left, password)
          then(E.isLeft(hash) ? E.left(refusal('room/unavailable')) : E.right(withHash({ passwordHash: hash.right })))
        },
        payer,
      )
    },
    check: ({ room, password, hash, payer }, then) => {
      const known = remembered.get(hash)
      if (known !== undefined && isEqual(known, password)) {
        then(undefined)
        return
      }
      context.ask(
        () => crypto.verify(password, hash),
        (answer) => {
          if (E.isLeft(answer)) fault(room, answer.left, password)
          else if (answer.right) remember(hash, password)
          if (E.isLeft(answer)) then(refusal('room/unavailable'))
          else then(answer.right ? undefined : refusal('room/password', { data: { reason: 'wrong' } }))
        },
        payer,
      )
    },
  }
}
