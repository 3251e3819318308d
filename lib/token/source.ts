import { catchError, concat, defer, from, map, type Observable, type ObservableInput, of } from 'rxjs'
import { thrownText } from '../core/guard.js'
import { readLength } from '../core/redact.js'
import { failed } from './error.js'
import type { Input, Reason } from './model.js'
import type { Vault } from './vault.js'

/** A token, with its remaining lifetime in ms if the source knows it. `null`: nobody is signed in. */
export type TokenValue = string | { readonly value: string; readonly expiresInMs?: number } | null

/** The reason for a request of a token, and its number. */
export interface TokenContext {
  readonly reason: Reason
  /** Counts the calls of this client, from 1. */
  readonly ask: number
}

/**
 * The source of tokens: a function that the client calls for each handshake and renewal, or one Observable or promise.
 * The first value answers; later values of an Observable renew the token on the live connection.
 */
export type TokenSource =
  | ObservableInput<TokenValue>
  | ((context: TokenContext) => TokenValue | ObservableInput<TokenValue>)

/** Turns a call of the user's source into inputs of the token machine; a throw is a failure. */
export const asking =
  (source: TokenSource, store: Vault) =>
  (ask: number, reason: Reason): Observable<Input> => {
    const input = (value: unknown): Input => {
      if (value === null) return { _tag: 'SignedOut' }
      const { text, expiresInMs } = read(value)
      if (text === undefined) return { _tag: 'Failed', because: failed('it gave something that is not a token.') }
      const token = store.put(text)
      if (token === undefined) return { _tag: 'Stale' }
      return { _tag: 'Answered', token, ...(expiresInMs === undefined ? {} : { lifetimeMs: expiresInMs }) }
    }
    return concat(valuesOf(source, { ask, reason }).pipe(map(input)), of<Input>({ _tag: 'Ended' })).pipe(
      catchError((thrown: unknown) => {
        const said = store.hide(thrownText(thrown, readLength)).slice(0, 200)
        return of<Input>({ _tag: 'Failed', because: failed(said) })
      }),
    )
  }

/** Asks a source for its values. */
export const valuesOf = (source: TokenSource, context: TokenContext): Observable<TokenValue> =>
  defer(() => {
    const given = typeof source === 'function' ? source(context) : source
    return isValue(given) ? of(given) : from(given as ObservableInput<TokenValue>)
  })

/** A BehaviorSubject has a `value` too. */
const isValue = (given: unknown): given is TokenValue =>
  given === null ||
  typeof given === 'string' ||
  (typeof given === 'object' && 'value' in given && !('subscribe' in given))

/** Reads the text of a token and its lifetime, as far as a source gives them. */
export const read = (value: unknown): { readonly text?: string; readonly expiresInMs?: number } => {
  if (typeof value === 'string') return value === '' ? {} : { text: value }
  if (typeof value !== 'object' || value === null || !('value' in value)) return {}
  const { value: text } = value
  if (typeof text !== 'string' || text === '') return {}
  const expiresInMs = 'expiresInMs' in value ? value.expiresInMs : undefined
  return typeof expiresInMs === 'number' && expiresInMs >= 0 ? { text, expiresInMs } : { text }
}
