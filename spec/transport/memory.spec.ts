import { type MemoryOptions, memory } from '../../lib/transport/memory.js'
import { seeded } from '../../lib/testing/random.js'
import { virtualTime } from '../../lib/testing/virtual.js'
import { conformance } from './conformance.js'
import { notebook, type Rig } from './rig.js'

const rigWith = (options: Partial<MemoryOptions>) => (): Promise<Rig> => {
  const scheduler = virtualTime()
  const server = notebook()
  const network = memory({ accept: server.accept, scheduler, ...options })
  return Promise.resolve({
    transport: network.transport,
    url: 'memory://spec',
    server,
    until: (what, condition) => {
      scheduler.run()
      if (!condition()) throw new Error(`never ${what}`)
      return Promise.resolve()
    },
    calm: () => {
      scheduler.run()
      return Promise.resolve()
    },
    refuse: () => network.refuse(true),
    hang: () => network.hang(true),
    stall: (on) => (on ? network.freeze() : network.thaw()),
    cut: () => network.cut(),
    dispose: () => {
      expect(network.links()).toBe(0)
      expect(scheduler.pending()).toBe(0)
      return Promise.resolve()
    },
  })
}

conformance('in memory', rigWith({}))
conformance('in memory, over a slow line', rigWith({ latencyMs: 40, bytesPerSecond: 20_000 }))
conformance(
  'in memory, with jitter',
  rigWith({
    latencyMs: (
      (random) => () =>
        random() * 200
    )(seeded(3)),
  }),
)
