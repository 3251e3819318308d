import { distinctUntilChanged, type OperatorFunction, pipe, scan, startWith } from 'rxjs'
import * as E from '#fp/Either'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'

/** An item of `collect`: a message, or the place where messages are missing. */
export type Collected<M> =
  | { readonly _tag: 'Message'; readonly message: M }
  | { readonly _tag: 'Gap'; readonly gap: Gap } // prettier-ignore

/** What `collect` can be told. */
export interface Collect {
  /** How many items are kept, at least 1; the oldest go first. Default 1 000. */
  readonly max?: number
}

/**
 * The list so far, for views: the messages and the gaps between them, a new array for each change.
 *
 * Emits `[]` at once on subscription, so that a view needs no first value. Other `Left`s change nothing. Each subscription
 * collects for itself.
 */
export const collect = <M>({ max = 1_000 }: Collect = {}): OperatorFunction<Result<M>, readonly Collected<M>[]> => {
  const bound = max >= 1 ? Math.floor(max) : 1
  const none: readonly Collected<M>[] = []
  return pipe(
    scan((items, result: Result<M>) => {
      const item = itemOf(result)
      return item ? [...(items.length < bound ? items : items.slice(1)), item] : items
    }, none),
    startWith(none),
    distinctUntilChanged(),
  )
}

const itemOf = <M>(result: Result<M>): Collected<M> | undefined => {
  if (E.isRight(result)) return { _tag: 'Message', message: result.right }
  const { left } = result
  return left._tag === 'RoomError' && left.gap ? { _tag: 'Gap', gap: left.gap } : undefined
}
