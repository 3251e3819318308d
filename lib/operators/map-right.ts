import { map, type OperatorFunction } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Maps the values; every `Left` goes through. A throw of `project` errors the stream, as with `map`. */
export const mapRight = <L, A, B>(project: (value: A) => B): OperatorFunction<Either<L, A>, Either<L, B>> =>
  map(E.map(project))
