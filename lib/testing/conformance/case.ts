/** One conformance test of an interface's implementation. It works in any test runner: `it(name, run)`. */
export interface Case {
  /** Begins with the ids of the rules that it tests, as docs/behaviour.md numbers them: `'[TR1] …'`. */
  readonly name: string
  /** Sets up the test and runs it. Rejects with an `Error` that states the expected and the actual value. */
  readonly run: () => Promise<void>
}

/** Makes a case from a name and a function. */
export const caseOf = (name: string, run: () => void | Promise<void>): Case => ({
  name,
  run: async () => {
    await run()
  },
})

/** Runs `use`, then always `release`. If both fail, it rejects with the error of `use`. */
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
    // The error of `use` is the one to report.
  }
}
