import { defer, map, type Observable, type ObservableInput, of, switchMap } from 'rxjs'
import { decode, encode } from '../../core/base64.js'

/** The cryptography of a server's rooms: hashes of passwords, signatures of invitations, and digests of right passwords. */
export interface RoomCrypto {
  /** Returns a salted hash of a password, as a text. */
  readonly hash: (password: string) => ObservableInput<string>
  /** Returns true if the hash is one of this password. */
  readonly verify: (password: string, hash: string) => ObservableInput<boolean>
  /** Returns the signature of a text by a secret, as a text of letters, digits, `-` and `_`. */
  readonly sign: (secret: string, text: string) => ObservableInput<string>
}

/** The number of rounds that OWASP's cheat sheet on password storage gives for PBKDF2 with SHA-256. */
const rounds = 600_000
const saltBytes = 16
const hashBits = 256
const scheme = 'pbkdf2-sha256'

/**
 * The cryptography of the platform (Web Crypto): PBKDF2 with HMAC-SHA-256 and a random salt, and HMAC-SHA-256. Rejects
 * where the platform has none.
 */
export const webCrypto = (): RoomCrypto => ({
  hash: (password) => {
    const salt = crypto.getRandomValues(new Uint8Array(saltBytes))
    return derived(password, salt, rounds).pipe(map((hash) => [scheme, rounds, textOf(salt), hash].join('$')))
  },
  verify: (password, hash) => {
    const [name, times, salt = '', expected = ''] = hash.split('$')
    const bytes = bytesOf(salt)
    if (name !== scheme || !bytes || expected === '') return of(false)
    return derived(password, bytes, Number(times)).pipe(map((found) => isEqual(found, expected)))
  },
  sign: (secret, text) =>
    imported(secret, { name: 'HMAC', hash: 'SHA-256' }, 'sign').pipe(
      switchMap((key) => crypto.subtle.sign('HMAC', key, utf8(text))),
      map((signature) => textOf(new Uint8Array(signature))),
    ),
})

/** Compares texts in a time that does not depend on the place of a difference. */
export const isEqual = (one: string, other: string): boolean => {
  let difference = one.length ^ other.length
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return difference === 0
}

/** Encodes bytes as a text of letters, digits, `-` and `_`. */
export const textOf = (bytes: Uint8Array): string =>
  encode(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

/** Decodes such a text; `undefined` for any other. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  if (!/^[\w-]*$/.test(text)) return undefined
  const padded = text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat((4 - (text.length % 4)) % 4)
  const binary = decode(padded)
  return binary === undefined ? undefined : Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

const imported = (secret: string, algorithm: HmacImportParams | string, use: KeyUsage): Observable<CryptoKey> =>
  defer(() => crypto.subtle.importKey('raw', utf8(secret), algorithm, false, [use]))

const derived = (password: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Observable<string> =>
  imported(password.normalize('NFC'), 'PBKDF2', 'deriveBits').pipe(
    switchMap((key) => crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, hashBits)),
    map((bits) => textOf(new Uint8Array(bits))),
  )
