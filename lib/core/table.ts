/** A cell for every state and input, each checked with the types of its own state and input. */
export type CheckedTable<S extends string, I extends string> = {
  readonly [State in S]: { readonly [Input in I]: (...given: never[]) => unknown }
}

/** The cell of a state and an input, by their tags. */
export type Lookup<Cell, S extends string, I extends string> = (state: S, input: I) => Cell

/**
 * Makes the lookup of a table. The only place that trusts one: a cell takes the state and the input of its tags, which
 * the type of a lookup cannot say.
 */
export const lookupIn = <L extends Lookup<unknown, never, never>>(
  table: CheckedTable<Parameters<L>[0], Parameters<L>[1]>,
): L => ((state: Parameters<L>[0], input: Parameters<L>[1]) => table[state][input]) as unknown as L
