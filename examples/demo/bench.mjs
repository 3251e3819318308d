/** What a page may ask for: a fault of its own line or of all lines, and an end of the server in one of two ways. */
export const bench = (proxy, rooms) => {
  const acts = {
    cut: (line) => proxy.set('cut', line),
    freeze: (line) => proxy.set('frozen', line),
    mend: (line) => {
      proxy.set('up', line)
      proxy.set('up')
    },
    restart: () => rooms.restart(),
    kill: () => rooms.kill(proxy.reset),
  }
  return {
    knows: (act) => Object.hasOwn(acts, act),
    /** Without a line, or with `everyone`, a fault is of all lines. */
    act: async ({ act, line, everyone }) => {
      await acts[act](everyone && act !== 'mend' ? undefined : line)
    },
    state: (line) => ({ network: proxy.stateOf(line) }),
  }
}
