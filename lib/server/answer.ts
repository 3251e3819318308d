import { Observable } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** An engine failure. Every failure can be retried. */
export interface EngineFailure {
  readonly message: string
}

/** An engine's answer: exactly one value, then completion. It may arrive synchronously or later. */
export type Answer<T> = Observable<Either<EngineFailure, T>>

/** Answers with a value that is computed at the subscription. */
export const answered = <T>(compute: () => T): Answer<T> => answeredWith(() => E.right(compute()))

/** Does the same for a value or a failure. */
export const answeredWith = <T>(compute: () => Either<EngineFailure, T>): Answer<T> =>
  new Observable((to) => {
    to.next(compute())
    to.complete()
  })
