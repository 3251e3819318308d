import { excerpt } from '../core/error.js'
import type { Flaw } from './flaw.js'

/** The words of the kinds: each completes "expected …". What follows a kind's name is `bytes`. */
const words: Readonly<Record<string, (bytes: string) => string>> = {
  count: () => 'a whole number from 0',
  positive: () => 'a whole number from 1',
  time: () => 'a time in ms',
  flag: () => 'true or false',
  text: () => 'a text',
  texts: () => 'a list of texts',
  secret: () => 'a text that is not empty',
  name: (bytes) => `a text of 1 to ${bytes} bytes`,
  logged: () => 'a number, offset, id, event, [user, session], at and data',
  signal: () => 'a number, event, data and [user, session]',
  triples: () => 'triples of ref, offset and time',
  object: () => 'an object without reserved keys',
}

/** A secret may stand in any wrong place of these. */
const secretive: ReadonlySet<string> = new Set(['envelope', 'hello', 'welcome'])

/** Describes a fault: its place, the expected value, and at most 64 characters of the actual one, nothing of a secret. */
export const wrong = (where: string, { place, expected, actual }: Flaw): string => {
  const [name = '', bytes = ''] = expected.split(' ')
  const said = Object.hasOwn(words, name) ? words[name]?.(bytes) : expected
  const seen = secretive.has(where) || expected === 'secret' ? typeOf(actual) : excerpt(actual)
  return `${where}${place}: expected ${said}, got ${actual === undefined ? 'nothing' : seen}`.replace(
    /\p{Surrogate}/gu,
    '�',
  )
}

const typeOf = (actual: unknown): string => (typeof actual === 'string' ? 'another text' : typeof actual)
