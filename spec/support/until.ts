/** Waits for a condition, looking every few milliseconds, with a deadline that fails the spec. */
export const until = async (what: string, condition: () => boolean, withinMs = 10_000): Promise<void> => {
  const deadline = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
