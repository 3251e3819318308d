import type { Either } from 'fp-ts/lib/Either.js'
import type { Observable } from 'rxjs'
import type { WebSocketError } from './error.js'

/** A value, or the error in its place. */
export type Result<T> = Either<WebSocketError, T>

/** A stream of results, which never errors. */
export type ResultStream<T> = Observable<Result<T>>
