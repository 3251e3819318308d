import { catchError, concat, defer, from, map, type Observable, type ObservableInput, of } from 'rxjs'
import { thrownText } from '../core/guard.js'
import { readLength } from '../core/redact.js'
import { failed } from './error.js'
import { lifetimeOf } from './jwt.js'
import type { Input, Reason } from './model.js'
import type { Vault } from './vault.js'

/** A token, with how long it lives from now on where the source knows. `null`: nobody is signed in. */
export type TokenValue = string | { readonly value: string; readonly expiresInMs?: number } | null

/** Why and how often a token is asked for. */
export interface TokenContext {
  readonly reason: Reason
  /** Counts the calls of this client, from 1. */
  readonly ask: number
}

/**
 * Where tokens come from: a function that is called for each greeting and renewal, or one Observable or promise. The first
 * value answers; later values of an Observable renew on the live link.
 */
export type TokenSource =
  ObservableInput<TokenValue> | ((context: TokenContext) => TokenValue | ObservableInput<TokenValue>)

/** A call of the user's source as inputs of the token machine; what it throws is a failure. */
export const asking =
  (source: TokenSource, store: Vault) =>
  (ask: number, reason: Reason): Observable<Input> => {
    const input = (value: unknown): Input => {
      if (value === null) return { _tag: 'SignedOut' }
      const { text, expiresInMs } = read(value)
      if (text === undefined) return { _tag: 'Failed', because: failed('it gave something that is not a token.') }
      const token = store.put(text)
      if (token === undefined) return { _tag: 'Stale' }
      const lifetimeMs = expiresInMs ?? lifetimeOf(text)
      return { _tag: 'Answered', token, ...(lifetimeMs === undefined ? {} : { lifetimeMs }) }
    }
    const values$ = defer(() => {
      const given = typeof source === 'function' ? source({ ask, reason }) : source
      return isValue(given) ? of(given) : from(given as ObservableInput<TokenValue>)
    })
    return concat(values$.pipe(map(input)), of<Input>({ _tag: 'Ended' })).pipe(
      catchError((thrown: unknown) => {
        const said = store.hide(thrownText(thrown, readLength)).slice(0, 200)
        return of<Input>({ _tag: 'Failed', because: failed(said) })
      }),
    )
  }

/** A BehaviorSubject has a `value` too. */
const isValue = (given: unknown): given is TokenValue =>
  given === null ||
  typeof given === 'string' ||
  (typeof given === 'object' && 'value' in given && !('subscribe' in given))

const read = (value: unknown): { readonly text?: string; readonly expiresInMs?: number } => {
  if (typeof value === 'string') return value === '' ? {} : { text: value }
  if (typeof value !== 'object' || value === null || !('value' in value)) return {}
  const { value: text } = value
  if (typeof text !== 'string' || text === '') return {}
  const expiresInMs = 'expiresInMs' in value ? value.expiresInMs : undefined
  return typeof expiresInMs === 'number' && expiresInMs >= 0 ? { text, expiresInMs } : { text }
}
