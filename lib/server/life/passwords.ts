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
  const { crypto, ids } = context.settings
  /** Digests of the right passwords by the hash that they belong to. Nobody reads a password in the memory of the server. */
  const remembered = new Map<string, string>()
  /** The key of the digests, which the first one makes: another one in each process. */
  let key: string | undefined

  const fault = (room: string, message: string, password: string): void => {
    context.fault({ where: 'hook', message: `crypto: ${message}`, room }, () => [password])
  }
  /** Makes the digest of a password; `undefined` where the cryptography fails. */
  const digest = ({ room, password, payer }: PasswordProof, then: (digest: string | undefined) => void): void => {
    const by = (key ??= `${ids()}${ids()}`)
    context.ask(
      () => crypto.sign(by, password.normalize('NFC')),
      (signed) => {
        if (E.isLeft(signed)) fault(room, signed.left, password)
        then(E.isLeft(signed) ? undefined : signed.right)
      },
      payer,
    )
  }
  const remember = (hash: string, made: string): void => {
    const [oldest] = remembered.keys()
    if (remembered.size >= mostRemembered && oldest !== undefined) remembered.delete(oldest)
    remembered.set(hash, made)
  }
  const verify = (proof: PasswordProof, then: (because: Refusal | undefined) => void): void => {
    const { room, password, hash, payer } = proof
    context.ask(
      () => crypto.verify(password, hash),
      (answer) => {
        if (E.isLeft(answer)) {
          fault(room, answer.left, password)
          then(refusal('room/unavailable'))
        } else if (!answer.right) then(refusal('room/password', { data: { reason: 'wrong' } }))
        else
          digest(proof, (made) => {
            if (made !== undefined) remember(hash, made)
            then(undefined)
          })
      },
      payer,
    )
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
    check: (proof, then) => {
      const known = remembered.get(proof.hash)
      if (known === undefined) verify(proof, then)
      else
        digest(proof, (made) => {
          if (made !== undefined && isEqual(known, made)) then(undefined)
          else verify(proof, then)
        })
    },
  }
}
