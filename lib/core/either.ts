import type { Either, Left, Right } from 'fp-ts/lib/Either.js'

export type { Either, Left, Right }

/**
 * The few functions of fp-ts' `Either` that the library calls, over the same plain objects. The library does not import
 * them, because no single path into fp-ts suits all: Node needs `lib/`, browsers pay 28 kB for it, and Metro and
 * browserify resolve no `imports` condition. Library code imports this module as `#fp/Either`.
 */
export const left = <L, A = never>(value: L): Either<L, A> => ({ _tag: 'Left', left: value })

export const right = <A, L = never>(value: A): Either<L, A> => ({ _tag: 'Right', right: value })

export const isLeft = <L>(either: Either<L, unknown>): either is Left<L> => either._tag === 'Left'

export const isRight = <A>(either: Either<unknown, A>): either is Right<A> => either._tag === 'Right'

export const map =
  <A, B>(project: (value: A) => B) =>
  <L>(either: Either<L, A>): Either<L, B> =>
    isLeft(either) ? either : right(project(either.right))

export const mapLeft =
  <L, M>(project: (value: L) => M) =>
  <A>(either: Either<L, A>): Either<M, A> =>
    isLeft(either) ? left(project(either.left)) : either

export const match =
  <L, A, B, C = B>(onLeft: (value: L) => B, onRight: (value: A) => C) =>
  (either: Either<L, A>): B | C =>
    isLeft(either) ? onLeft(either.left) : onRight(either.right)

export const getOrElse =
  <L, A>(onLeft: (value: L) => A) =>
  (either: Either<L, A>): A =>
    isLeft(either) ? onLeft(either.left) : either.right
