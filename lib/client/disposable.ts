declare global {
  // What `using` needs, for those who compile to ES2022; the same as in TypeScript's own ESNext.Disposable.
  interface SymbolConstructor {
    readonly dispose: unique symbol
  }
  interface Disposable {
    [Symbol.dispose](): void
  }
}

/** The method that `using` calls at the end of its block. */
export interface Using {
  readonly [Symbol.dispose]: () => void
}

/** `Symbol.dispose`, also where the platform does not know it yet. */
export const dispose = (Symbol.dispose as symbol | undefined) ?? /*#__PURE__*/ Symbol.for('Symbol.dispose')
