import { filter, map, type OperatorFunction, pipe } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Emits the errors; drops every `Right`. */
export const lefts = <L>(): OperatorFunction<Either<L, unknown>, L> =>
  pipe(
    filter(E.isLeft),
    map(({ left }) => left),
  )
