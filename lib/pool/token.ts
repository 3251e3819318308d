import { defer, finalize, type Observable, ReplaySubject, share } from 'rxjs'
import type { TokenProvider } from '../kernel/token-provider.js'
import { tokens } from '../kernel/tokens.js'
import { type TokenSource, type TokenValue, valuesOf } from '../token/source.js'

/** Every subscriber gets the values so far and the later ones of one subscription, which ends with the last of them. */
const shared = (values$: Observable<TokenValue>): Observable<TokenValue> =>
  values$.pipe(share({ connector: () => new ReplaySubject(1) }))

/**
 * Makes a source of which several clients ask at once: calls that begin while one is under way get its answer. A call for
 * a rejected token joins only others of its kind, since an earlier call may give the token that was rejected.
 */
const singleFlight = (source: TokenSource): TokenSource => {
  if (typeof source !== 'function') return shared(valuesOf(source, { reason: 'first', ask: 1 }))
  const flights = new Map<boolean, Observable<TokenValue>>()
  return (context) => {
    const isRejected = context.reason === 'rejected'
    const known = flights.get(isRejected)
    if (known) return known
    const flight = shared(
      defer(() => valuesOf(source, context)).pipe(
        finalize(() => {
          if (flights.get(isRejected) === flight) flights.delete(isRejected)
        }),
      ),
    )
    flights.set(isRejected, flight)
    return flight
  }
}

/** Makes token providers that share one source by single flight: of each provider one, for all members. */
export const sharedTokens = (): ((given: TokenProvider) => TokenProvider) => {
  const known = new WeakMap<TokenProvider, TokenProvider>()
  return (given) => {
    const made = known.get(given) ?? { ...tokens(singleFlight(given.source), given.options), fault: given.fault }
    known.set(given, made)
    return made
  }
}
