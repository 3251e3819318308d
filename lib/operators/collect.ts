import { defer, map, type OperatorFunction, startWith } from 'rxjs'
import * as E from '#fp/Either'
import type { DecodeError, WebSocketError } from '../core/error.js'
import type { Gap } from '../core/position.js'
import type { Result } from '../core/result.js'

/**
 * An item of `collect`: a message, a gap of missing messages, or a message that the contract could not decode. `key`
 * identifies the item within its subscription, for `track`, `trackBy` or `key`.
 */
export type Collected<M> =
  | { readonly _tag: 'Message'; readonly key: number; readonly message: M }
  | { readonly _tag: 'Gap'; readonly key: number; readonly gap: Gap }
  | { readonly _tag: 'Unreadable'; readonly key: number; readonly error: DecodeError }

/** A room as a view shows it. */
export interface Collection<M> {
  /** The items so far, oldest first. A new array for each emission, made on first read. */
  readonly items: readonly Collected<M>[]
  /** The refusal of the room, or the error that stopped the client; `undefined` again with the next item. */
  readonly refused: WebSocketError | undefined
}

/** Options of `collect`. */
export interface Collect {
  /** The most items to keep, at least 1; the oldest are dropped. Default 1 000. */
  readonly max?: number | undefined
}

/**
 * Collects the messages so far for a view, with the gaps and the unreadable messages between them, and a refusal of the
 * room: an empty room has no items, a refused one has `refused`.
 *
 * Emits an empty collection at once on subscription, so that a view needs no first value, then one for each result. An
 * emission costs the same for any number of items; reading `items` copies them once. Each subscription collects by
 * itself.
 */
export const collect = <M>({ max = 1_000 }: Collect = {}): OperatorFunction<Result<M>, Collection<M>> => {
  const bound = max >= 1 ? Math.floor(max) : 1
  return (source) =>
    defer(() => {
      // Collections share this array, each with its own bounds: only its end grows.
      let all: Collected<M>[] = []
      let from = 0
      let keys = 0
      const next = (result: Result<M>): Collection<M> => {
        const item = itemOf(result, keys)
        if (!item) return collection(all, from, E.isLeft(result) ? result.left : undefined)
        keys++
        if (all.length - from === bound) from++
        if (from > bound) {
          all = all.slice(from)
          from = 0
        }
        all.push(item)
        return collection(all, from, undefined)
      }
      return source.pipe(map(next), startWith(collection(all, 0, undefined)))
    })
}

const collection = <M>(
  all: readonly Collected<M>[],
  from: number,
  refused: WebSocketError | undefined,
): Collection<M> => {
  const to = all.length
  let items: readonly Collected<M>[] | undefined
  return {
    get items() {
      return (items ??= all.slice(from, to))
    },
    refused,
  }
}

const itemOf = <M>(result: Result<M>, key: number): Collected<M> | undefined => {
  if (E.isRight(result)) return { _tag: 'Message', key, message: result.right }
  const { left } = result
  if (left._tag === 'DecodeError') return { _tag: 'Unreadable', key, error: left }
  return left._tag === 'RoomError' && left.gap ? { _tag: 'Gap', key, gap: left.gap } : undefined
}
