import { readFileSync, statSync } from 'node:fs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'
import { guard } from '../core/guard.js'
import { reveal, Secret } from '../core/secret.js'
import type { Environment } from './terminal.js'

/** The variable for a token: everybody on the machine can see arguments, and shell histories keep them. */
export const variable = 'RX_ROOMS_TOKEN'

/** The source of the token, in words, and a function that reads it. */
export interface TokenOf {
  readonly from: string
  readonly read: () => string
}

/** Returns the words of each significant line of a token file, with its line number. */
export const wordsIn = (text: string): readonly { readonly line: number; readonly words: readonly string[] }[] =>
  text
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((line, at) => ({ line: at + 1, words: line.trim().split(/\s+/) }))
    .filter(({ words: [word = ''] }) => word !== '' && !word.startsWith('#'))

/** Reads the text of a file; `Left` is the fault. */
export const textOf = (file: string): Either<string, string> => {
  const text = guard(() => readFileSync(file, 'utf8'))
  return E.isRight(text) ? text : E.left(`the token file cannot be read: ${text.left}`)
}

/** Reads the token of the environment. A set but empty variable is a mistake, not the absence of a token. */
export const tokenInEnvironment = (environment: Environment): Either<string, Secret | undefined> => {
  const text = environment[variable]
  if (text === undefined) return E.right(undefined)
  const token = text.trim()
  return token === ''
    ? E.left(`${variable} is set, but empty: unset it, or put a token in`)
    : E.right(new Secret(token))
}

/**
 * Finds the token of a client: the first word of a file, or of the environment. Reads a regular file again for each
 * handshake, so that a token can be replaced while a command runs. `undefined` where none is given.
 */
export const clientToken = (
  file: string | undefined,
  environment: Environment,
): Either<string, TokenOf | undefined> => {
  if (file === undefined) {
    const token = tokenInEnvironment(environment)
    if (E.isLeft(token)) return token
    const { right: secret } = token
    return E.right(secret && { from: variable, read: () => reveal(secret) })
  }
  const first = tokenIn(file)
  if (E.isLeft(first)) return first
  let last = first.right
  const isRereadable = E.getOrElse(() => false)(guard(() => statSync(file).isFile()))
  return E.right({
    from: file,
    read: () => {
      const next = isRereadable ? tokenIn(file) : first
      if (E.isRight(next)) last = next.right
      return reveal(last)
    },
  })
}

/** Reads the first token of a file. */
export const tokenIn = (file: string): Either<string, Secret> => {
  const text = textOf(file)
  if (E.isLeft(text)) return text
  const token = wordsIn(text.right)[0]?.words[0]
  return token === undefined ? E.left(`the token file ${file} holds no token`) : E.right(new Secret(token))
}
