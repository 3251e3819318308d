import type { Observable } from 'rxjs'
import type { Either } from 'fp-ts/lib/Either.js'

/** An engine failure. Every failure can be retried. */
export interface EngineFailure {
  readonly message: string
}

/** An engine's answer: exactly one value, then completion. It may arrive synchronously or later. */
export type Answer<T> = Observable<Either<EngineFailure, T>>
