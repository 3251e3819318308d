/** One thing that every implementation of a seam does, for any test runner: `it(name, run)`. */
export interface Case {
  /** Begins with the rules that it shows, as docs/behaviour.md numbers them: `'[TR1] …'`. */
  readonly name: string
  /** Builds what it needs, and rejects with an `Error` that says what was expected and what was there. */
  readonly run: () => Promise<void>
}

/** A case from what it does. */
export const caseOf = (name: string, run: () => void | Promise<void>): Case => ({
  name,
  run: async () => {
    await run()
  },
})

/** Runs `use` and then, whatever became of it, `release`. What `use` failed with comes first. */
export const using = async (use: () => Promise<void>, release: () => void | Promise<void>): Promise<void> => {
  try {
    await use()
  } catch (thrown) {
    await quietly(release)
    throw thrown
  }
  await release()
}

const quietly = async (release: () => void | Promise<void>): Promise<void> => {
  try {
    await release()
  } catch {
    // It failed after what the case is about.
  }
}
