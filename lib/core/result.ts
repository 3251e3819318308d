import type { Either } from 'fp-ts/lib/Either.js'
import type { Observable } from 'rxjs'
import type { WebSocketError } from './error.js'

/** A value, or why there is none. */
export type Result<T> = Either<WebSocketError, T>

/** A stream of results. It never errors. */
export type ResultStream<T> = Observable<Result<T>>
