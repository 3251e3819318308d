import type { Case } from '../../lib/testing/conformance/case.js'

/** The cases of a suite that fail, with what they say; of all of them, or of the one with a name. */
export const failing = async (
  suite: readonly Case[],
  only?: string,
): Promise<readonly { readonly name: string; readonly says: string }[]> => {
  const failed: { readonly name: string; readonly says: string }[] = []
  for (const { name, run } of suite) {
    if (only !== undefined && name !== only) continue
    try {
      await run()
    } catch (thrown) {
      failed.push({ name, says: thrown instanceof Error ? thrown.message : String(thrown) })
    }
  }
  return failed
}
