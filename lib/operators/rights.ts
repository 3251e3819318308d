import { filter, map, type OperatorFunction, pipe } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** Emits the values; drops every `Left`. Look at them elsewhere, for example with `lefts`. */
export const rights = <A>(): OperatorFunction<Either<unknown, A>, A> =>
  pipe(
    filter(E.isRight),
    map(({ right }) => right),
  )
