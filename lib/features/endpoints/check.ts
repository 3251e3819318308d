import {
  catchError,
  defaultIfEmpty,
  defer,
  from,
  map,
  merge,
  type Observable,
  type ObservableInput,
  of,
  take,
} from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'
import type { Deadlines } from '../../core/deadlines.js'

/** An endpoint that is checked. */
export interface CheckedEndpoint {
  /** Its place in the list, from 0. */
  readonly at: number
  /** Its address, as the client connects to it. */
  readonly url: string
}

/** Says if an endpoint is well: with `true` or a `Right`. Its first value counts. */
export type EndpointCheck = (endpoint: CheckedEndpoint) => ObservableInput<boolean | Either<unknown, unknown>>

interface CheckNeeds {
  readonly check: EndpointCheck
  readonly checkWithinMs: number
  readonly deadlines: Pick<Deadlines, 'elapsed'>
  readonly threw: (thrown: unknown) => void
}

/** Asks a check once, in time. One that throws, ends without an answer, or is late says that the endpoint is not well. */
export const asked = (
  { check, checkWithinMs, deadlines, threw }: CheckNeeds,
  endpoint: () => CheckedEndpoint,
): Observable<boolean> =>
  merge(
    defer(() => from(check(endpoint()))).pipe(
      take(1),
      map((said) => said === true || (typeof said === 'object' && said._tag === 'Right')),
      defaultIfEmpty(false),
      catchError((thrown: unknown) => {
        threw(thrown)
        return of(false)
      }),
    ),
    deadlines.elapsed(checkWithinMs).pipe(map(() => false)),
  ).pipe(take(1))
