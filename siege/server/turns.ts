/** Measures turns of the event loop in CPU time; gives the longest since the last call, in ms. */
export const turns = (): (() => number) => {
  let last = process.cpuUsage()
  let longest = 0
  const look = (): void => {
    const { user, system } = process.cpuUsage(last)
    last = process.cpuUsage()
    longest = Math.max(longest, (user + system) / 1_000)
  }
  setInterval(look, 5)
  return () => {
    look()
    const ms = longest
    longest = 0
    return ms
  }
}
