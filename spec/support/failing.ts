import type { Case } from '../../lib/testing/conformance/case.js'

/** The cases of a suite that fail, with what they say. */
export const failing = async (
  suite: readonly Case[],
): Promise<readonly { readonly name: string; readonly says: string }[]> => {
  const failed: { readonly name: string; readonly says: string }[] = []
  for (const { name, run } of suite) {
    try {
      await run()
    } catch (thrown) {
      failed.push({ name, says: thrown instanceof Error ? thrown.message : String(thrown) })
    }
  }
  return failed
}
