import { ignoreElements, lastValueFrom } from 'rxjs'
import type { ResultStream } from './result.js'

declare global {
  // Declares the names that `using` needs in code compiled to ES2022; the same as in TypeScript's own ESNext.Disposable.
  interface SymbolConstructor {
    readonly dispose: unique symbol
    readonly asyncDispose: unique symbol
  }
  interface Disposable {
    [Symbol.dispose](): void
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>
  }
}

/** The method that `using` calls at the end of its block. */
export interface Using {
  readonly [Symbol.dispose]: () => void
}

/** The methods that `using` and `await using` call at the end of their block. */
export interface AsyncUsing extends Using {
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** `Symbol.dispose`, or a substitute on platforms without it. */
export const dispose = (Symbol.dispose as symbol | undefined) ?? /*#__PURE__*/ Symbol.for('Symbol.dispose')

const asyncDispose = (Symbol.asyncDispose as symbol | undefined) ?? /*#__PURE__*/ Symbol.for('Symbol.asyncDispose')

/** Makes both methods for an object that an action closes. `await using` waits for the action's result, also for a `Left`. */
export const disposing = (close: () => ResultStream<unknown>): AsyncUsing =>
  ({
    [dispose]: () => {
      void close()
    },
    [asyncDispose]: () => lastValueFrom(close().pipe(ignoreElements()), { defaultValue: undefined }),
  }) as unknown as AsyncUsing
