import { filter, map, type OperatorFunction, pipe } from 'rxjs'
import * as E from '#fp/Either'
import type { Either } from 'fp-ts/lib/Either.js'

/** What went wrong; every `Right` is dropped. */
export const lefts = <L>(): OperatorFunction<Either<L, unknown>, L> =>
  pipe(
    filter(E.isLeft),
    map(({ left }) => left),
  )
