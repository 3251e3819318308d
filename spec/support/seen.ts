import type { Observable, Subscription } from 'rxjs'
import * as E from '#fp/Either'
import type { WebSocketError } from '../../lib/core/error.js'
import type { Result } from '../../lib/core/result.js'

/** What a stream said so far. */
export interface Seen<T> {
  readonly all: readonly T[]
  /** The one value of a stream that has said one and completed; anything else fails the spec. */
  readonly only: () => T
  readonly last: () => T
  readonly isComplete: () => boolean
  readonly stop: () => void
}

/** Subscribes and writes down. A stream that errors fails the spec. */
export const see = <T>(stream: Observable<T>): Seen<T> => {
  const all: T[] = []
  let completions = 0
  const errors: unknown[] = []
  const subscription: Subscription = stream.subscribe({
    next: (value) => all.push(value),
    error: (thrown: unknown) => errors.push(thrown),
    complete: () => completions++,
  })
  return {
    all,
    only: () => {
      expect({ values: all.length, completions, errors }).toEqual({ values: 1, completions: 1, errors: [] })
      return all[0]!
    },
    last: () => {
      expect(all).not.toHaveLength(0)
      return all.at(-1)!
    },
    isComplete: () => {
      expect({ many: completions > 1, errors }).toEqual({ many: false, errors: [] })
      return completions === 1
    },
    stop: () => {
      subscription.unsubscribe()
    },
  }
}

/** The value of a `Right`; a `Left` fails the spec with what it says. */
export const right = <T>(result: Result<T>): T => {
  if (E.isLeft(result)) throw new Error(`a Left: ${JSON.stringify(result.left)}`)
  return result.right
}

/** What acts answer that have nothing to say. */
export const done = E.right(undefined)

/** The error of a `Left`; a `Right` fails the spec. */
export const left = (result: Result<unknown>): WebSocketError => {
  if (E.isRight(result)) throw new Error(`a Right: ${JSON.stringify(result.right)}`)
  return result.left
}

/** The code of a `Left`, the empty text of a `Right`. */
export const codeOf = (result: Result<unknown>): string => (E.isLeft(result) ? result.left.code : '')

/** The `_tag`s of what a stream said. */
export const tags = <T extends { readonly _tag: string }>({ all }: Seen<T>): readonly string[] =>
  all.map(({ _tag }) => _tag)
