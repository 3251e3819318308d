import { createHash, timingSafeEqual } from 'node:crypto'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { reveal } from '../core/secret.js'
import type { Credentials, Identity } from '../node/index.js'
import { byteLength } from '../protocol/utf8.js'
import type { Environment } from './terminal.js'
import { plural } from './text.js'
import { wordsIn, textOf, tokenInEnvironment, variable } from './token.js'

/** The tokens that a server accepts, and their users. */
export interface TokenFile {
  /** The source of the tokens and their number, in words. */
  readonly from: string
  readonly authenticate: (credentials: Credentials) => Identity | null
}

interface Key {
  readonly digest: Buffer
  readonly identity: Identity
}

const userBytes = 256

/** The user of a token without a user name. */
const everybody = 'anonymous'

/** Reads the tokens of a file or of the environment; `undefined` where neither is given and everybody may connect. */
export const readTokenFile = (
  file: string | undefined,
  environment: Environment,
): Either<string, TokenFile | undefined> => {
  if (file !== undefined) {
    const text = textOf(file)
    if (E.isLeft(text)) return text
    const keys = keysIn(text.right)
    return E.isLeft(keys)
      ? E.left(`the token file ${file} is no list of tokens: ${keys.left}`)
      : E.right(ring(file, keys.right))
  }
  const token = tokenInEnvironment(environment)
  if (E.isLeft(token)) return token
  return E.right(token.right && ring(variable, [key(reveal(token.right), everybody, [])]))
}

const keysIn = (text: string): Either<string, readonly Key[]> => {
  const keys: Key[] = []
  const known = new Set<string>()
  for (const { line, words } of wordsIn(text)) {
    const [token = '', user = everybody, roles, ...rest] = words
    const where = `line ${line}`
    if (rest.length > 0) return E.left(`${where} has more than TOKEN USER ROLES`)
    if (byteLength(user) > userBytes) return E.left(`the user of ${where} has more than ${userBytes} bytes`)
    const next = key(
      token,
      user,
      (roles ?? '').split(',').filter((role) => role !== ''),
    )
    if (known.has(next.digest.toString('hex'))) return E.left(`${where} repeats an earlier token`)
    known.add(next.digest.toString('hex'))
    keys.push(next)
  }
  return keys.length === 0 ? E.left('it holds no token') : E.right(keys)
}

const key = (token: string, user: string, roles: readonly string[]): Key => ({
  digest: digestOf(token),
  identity: { user, roles },
})

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

const ring = (from: string, keys: readonly Key[]): TokenFile => ({
  from: `${from} (${plural(keys.length, 'token')})`,
  authenticate: ({ token }) => {
    if (token === undefined) return null
    const shown = digestOf(token)
    let found: Identity | null = null
    // Compares every key, even after a match, so that the time reveals nothing.
    for (const { digest, identity } of keys) if (timingSafeEqual(digest, shown)) found = identity
    return found
  },
})
