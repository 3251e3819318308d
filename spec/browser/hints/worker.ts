// A client in a dedicated Web Worker. It tells its page each state of the connection, and what the worker hears of the network.
import { createClient } from '../../../lib/index.js'

/** The global scope of a worker. The library of types for pages has another one. */
declare const self: {
  readonly addEventListener: (type: string, listener: (event: { readonly data: string }) => void) => void
  readonly postMessage: (said: Said) => void
}

export interface Said {
  readonly state?: string
  /** Until the next try, in ms. */
  readonly waitsMs?: number
  /** The network has changed: there is one. */
  readonly network?: boolean
}

self.addEventListener('message', ({ data: url }) => {
  // The first try after a loss or a hint comes within 0.1 s, every other one after nine minutes.
  const client = createClient({
    url,
    backoff: { floorMs: 10, firstMs: 100, factor: 6_000, capMs: 600_000 },
    random: () => 0.9,
  })
  client.state$.subscribe((state) => {
    const waits = state._tag === 'Waiting' ? { waitsMs: state.until - performance.now() } : {}
    self.postMessage({ state: state._tag, ...waits })
  })
  client.connect()
})

const tell = (): void => {
  self.postMessage({ network: navigator.onLine })
}
for (const event of ['online', 'offline']) self.addEventListener(event, tell)
const { connection } = navigator as { readonly connection?: EventTarget }
connection?.addEventListener('change', tell)
