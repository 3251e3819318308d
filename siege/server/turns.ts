/** The longest turn of the event loop. */
export interface Turn {
  /** By the clock. */
  readonly delayMs: number
  /** In CPU time: other work on the machine does not count. */
  readonly turnMs: number
}

const everyMs = 5

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Measures turns of the event loop; gives the longest since the last call. */
export const turns = (): (() => Turn) => {
  let used = cpuMs()
  let at = performance.now()
  let longest: Turn = { delayMs: 0, turnMs: 0 }
  const look = (): void => {
    const now = performance.now()
    const usedNow = cpuMs()
    longest = {
      delayMs: Math.max(longest.delayMs, now - at - everyMs),
      turnMs: Math.max(longest.turnMs, usedNow - used),
    }
    used = usedNow
    at = now
  }
  setInterval(look, everyMs)
  return () => {
    look()
    const turn = longest
    longest = { delayMs: 0, turnMs: 0 }
    return turn
  }
}
