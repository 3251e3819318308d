/**
 * Waits for a condition, looking every few milliseconds, with a deadline that fails the spec; gives what it answered, if that
 * is more than yes or no. This file is the only one under spec/ that uses the platform's timers.
 */
export const until: {
  (what: string, condition: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>
  <T>(what: string, condition: () => T | undefined, withinMs?: number): Promise<T>
} = async <T>(what: string, condition: () => T, withinMs = 30_000): Promise<Awaited<T>> => {
  const deadline = performance.now() + withinMs
  for (;;) {
    const answer = await condition()
    if (answer !== false && answer !== undefined) return answer
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Waits for a promise, with a deadline that fails the spec. */
export const within = async <T>(what: string, promise: Promise<T>, withinMs = 30_000): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not within ${withinMs} ms: ${what}`))
    }, withinMs)
  })
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer)
  })
}

/** Ends the present turn of the event loop, as what was read in it is kept until then. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve)
  })
